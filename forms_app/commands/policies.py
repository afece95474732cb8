"""Commands for the policy files: check one, list those that ship, print their schema."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from forms_app.commands import rehearse
from forms_app.documents.printable import unprintable
from forms_app.domain.policy import Asked, Limit, Policy, Route, Stage
from forms_app.policies.reader import PolicyFaults, PolicyFile, read_policy_file
from forms_app.policies.shelf import Shelf
from forms_app.policies.warnings import warnings_about
from forms_app.services.rehearsed import Rehearsal


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    policies = commands.add_parser("policies", help="check, list and describe policy files")
    each = policies.add_subparsers(required=True, metavar="ACTION")
    check = each.add_parser("check", help="say everything that is wrong in a policy file, or what it says")
    check.add_argument("file", type=Path)
    check.set_defaults(run=run_check)
    every = each.add_parser("list", help="list the policies that come with the service")
    every.set_defaults(run=run_list)
    schema = each.add_parser("schema", help="print the JSON Schema of a policy file, for editors, or of a rehearsal")
    schema.add_argument("--of", choices=("policy", "rehearsal"), default="policy", help="what is described")
    schema.set_defaults(run=run_schema)
    rehearse.add_to(each)


def run_check(chosen: argparse.Namespace) -> int:
    """Prints every fault as file:line:column and a sentence; 1 when there is one."""
    try:
        read = read_policy_file(chosen.file, unprintable)
    except PolicyFaults as found:
        for fault in found.faults:
            place = f"{fault.place}: " if fault.place else ""
            print(f"{found.file}:{fault.line}:{fault.column}: {place}{fault.sentence}")
        return 1
    print(*said_by(read), sep="\n")
    return 0


def run_list(chosen: argparse.Namespace) -> int:
    for policy in Shelf.shipped():
        print(f"{policy.key:24}{policy.title} ({policy.dated})")
    return 0


def run_schema(chosen: argparse.Namespace) -> int:
    described = Policy.model_json_schema() if chosen.of == "policy" else TypeAdapter(Rehearsal).json_schema()
    print(json.dumps(described, indent=2, ensure_ascii=False))
    return 0


def said_by(read: PolicyFile) -> Iterator[str]:
    """What a policy says, in short; then what deserves a second look."""
    policy = read.policy
    yield f"{policy.key}: {policy.title} ({policy.dated})"
    for route in policy.routes:
        yield ""
        yield f"{route.title}"
        for stage in route.stages:
            yield from _stage(stage)
        yield from _route_ends(route)
    yield from _listed("Worth a second look", [str(each) for each in read.where(warnings_about(policy))])


def _stage(stage: Stage) -> Iterator[str]:
    number = f"{stage.number}. " if stage.number is not None else "   "
    forms = [f"{asked} {count}" for asked in Asked if (count := _questions(stage, asked))]
    yield f"  {number}{stage.name} (questions: {', '.join(forms)})"
    for clock in stage.clocks:
        yield f"       {clock.side}: {clock.does} – {_limit(clock.limit)}"


def _questions(stage: Stage, asked: Asked) -> int:
    return len({name for group in stage.groups if group.asked is asked for name in group.questions})


def _route_ends(route: Route) -> Iterator[str]:
    for cap in route.caps:
        yield f"     Over {', '.join(cap.stages)}: {cap.title} – {_limit(cap.limit)}"
    yield f"     Then: {route.after.title}"


def _limit(limit: Limit) -> str:
    words = limit.unit.replace("_", " ")
    if limit.amount is None:
        return words
    return f"{limit.amount} {words.removesuffix('s') if limit.amount == 1 else words}"


def _listed(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield f"{title}:"
        yield from (f"  - {line}" for line in lines)
