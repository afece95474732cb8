"""Who is ever owed which kind of document: by what a policy's rules do, and by the table in the decision on the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from uuid import uuid4

from forms_app.domain.circulation import PARTIES, Happening, owed
from forms_app.domain.escalation import Standing
from forms_app.domain.policy import OUTSIDE, Audience, Citation, DocumentKind, Event, Policy, Side
from forms_app.domain.records import Outcome, Place

DECISION = Path(__file__).parents[2] / "docs/decisions/0013-the-catalogue.md"
DECIDED, NONE, SIDES = "decided", "–", "parties"
Cells = Mapping[tuple[DocumentKind, Audience], frozenset[str]]
"""For each kind and audience the sections of the policy that say so; a pair that is not there is told nothing."""


# --- what the rules do ---


RAISER = Place(uuid4(), uuid4(), Side.RAISING, "practitioner", is_raiser=True)
ONE_OF_EACH = {audience: uuid4() for audience in Audience}
PLACES = (RAISER, *(Place(ONE_OF_EACH[audience], uuid4(), side, "practitioner") for audience, side in PARTIES.items()))
OUTCOMES = (None, Outcome(outcome="any"), Outcome(outcome="any", learning=("any",), policy_gap=True))


def ever_owed(policy: Policy) -> set[tuple[DocumentKind, Audience]]:
    """Whoever is owed what at any event of any stage of any route, whatever was learned."""
    names = {person: audience for audience, person in ONE_OF_EACH.items()}
    return {
        (circulation.document, names[person])
        for happening, now in _happenings(policy)
        for outcome in OUTCOMES
        for circulation in owed(
            policy,
            happening,
            now=now,
            places=PLACES,
            outside={audience: (ONE_OF_EACH[audience],) for audience in OUTSIDE},
            outcome=outcome,
        )
        for person in circulation.recipients
        if person in names
    }


def _happenings(policy: Policy) -> Iterator[tuple[Happening, Standing]]:
    for route in policy.routes:
        for number, stage in enumerate(route.stages, start=1):
            visits = [SimpleNamespace(route=route, stage=each) for each in route.stages[:number]]
            for event in Event:
                yield Happening(event, route.id, stage.id), cast(Standing, SimpleNamespace(visits=visits))


# --- what the policy file says ---


def said_by(policy: Policy) -> Cells:
    found: dict[tuple[DocumentKind, Audience], set[str]] = {}
    for notice in policy.notices:
        where = notice.source.section if isinstance(notice.source, Citation) else DECIDED
        for audience in notice.to:
            found.setdefault((notice.document, audience), set()).add(where)
    return {cell: frozenset(where) for cell, where in found.items()}


# --- what the decision says ---


def in_the_decision(policy: str) -> Cells:
    """The column of one policy: `business_unit 2.5, Notes; chair decided`, and `parties` for all three sides."""
    lines = [line for line in DECISION.read_text("utf-8").splitlines() if line.startswith("|")]
    header = next(line for line in lines if f"`{policy}`" in line)
    column = _cells(header).index(f"`{policy}`")
    rows = lines[lines.index(header) + 2 :]
    return {
        (DocumentKind(_cells(row)[0].strip("`")), audience): frozenset(sections)
        for row in rows[: len(DocumentKind)]
        for audience, sections in _audiences(_cells(row)[column])
    }


def kinds_in_the_decision() -> dict[DocumentKind, tuple[bool, bool]]:
    """Of each kind whether it names people, and whether it waits for two people."""
    rows = [_cells(line) for line in DECISION.read_text("utf-8").splitlines() if line.startswith("|")]
    return {
        DocumentKind(row[0].strip("`")): (row[3] == "yes", row[4] == "yes") for row in rows[2 : 2 + len(DocumentKind)]
    }


def _audiences(cell: str) -> Iterator[tuple[Audience, list[str]]]:
    for part in cell.split("; ") if cell != NONE else ():
        names, sections = re.fullmatch(r"(\w+): (.+)", part).groups()  # type: ignore[union-attr]
        for audience in PARTIES if names == SIDES else (Audience(names),):
            yield audience, sections.split(" · ")


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]
