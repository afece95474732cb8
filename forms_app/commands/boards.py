"""Sets up Boards with their agencies and people, from TOML files."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from forms_app.app import open_workshop
from forms_app.db.boards import board_with_code
from forms_app.db.faults import faults_told
from forms_app.domain.mail_rules import Rule
from forms_app.services.boards import BoardFaults, GivenBoard, come_back, leave, set_up_board
from forms_app.services.confirming import DomainLine, decide_for_operator, lines_at, lines_of_board
from forms_app.services.work import Work
from forms_app.settings import read_settings

HOW = {
    "code": "three or four capital letters, such as OAK",
    "email": "an email address, such as name@example.org",
    "policy": "id@version, as `forms-app policies list` prints it",
    "secure_domains": "the part of an email address after the @, such as example.org",
    "allowed_webmail": "the part of an email address after the @, such as example.org",
}
"""How to write what has a form of its own."""
SENT = {
    Rule.ATTACH: "documents are attached",
    Rule.LINK: "a link is sent",
    Rule.NEVER: "nothing is sent",
    None: "not confirmed, nothing is sent",
}
WAIT = (
    "Nothing is sent to these, and nobody there can sign in, until somebody confirms them: the business unit on the page "
    "“Email domains”, or you with `forms-app boards confirm-domain {code} DOMAIN --rule link`."
)
POLICY_STAYS = (
    "It does not change to {given}: a file only says under which policy a Board begins. Two people of the Board’s office "
    "adopt another one on the page “Policies”."
)
UNREACHABLE = "without the telephone number and the email address of its business unit a Board cannot be set up"


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    boards = commands.add_parser("boards", help="set up Boards with their agencies and people")
    each = boards.add_subparsers(required=True, metavar="ACTION")
    load = each.add_parser("load", help="add or bring up to date what a file says: see docs/boards.md")
    load.add_argument("file", type=Path)
    load.set_defaults(run=run_load)
    gone = each.add_parser("leaver", help="a person has left: they can no longer sign in")
    gone.add_argument("email")
    gone.set_defaults(run=run_leaver)
    back = each.add_parser("returner", help="a person who left is back: they can sign in again")
    back.add_argument("email")
    back.set_defaults(run=run_returner)
    confirm = each.add_parser("confirm-domain", help="say what may be emailed to the addresses at a domain")
    confirm.add_argument("board", help="the Board’s code, such as OAK")
    confirm.add_argument("domain", help="of public webmail, the whole address")
    confirm.add_argument("--rule", required=True, choices=[rule.value for rule in Rule])
    confirm.add_argument(
        "--yes", action="store_true", help="do it; without this you only see whose addresses are there"
    )
    confirm.set_defaults(run=run_confirm_domain)


def run_load(chosen: argparse.Namespace) -> None:
    given = read_board(chosen.file)
    with _work() as work:
        is_new = board_with_code(work.session, given.code) is None
        people = set_up_board(work, given)
        board = board_with_code(work.session, given.code)
        lines = lines_of_board(work, board.id) if board is not None else ()
        in_force = given.policy if board is None else board.policy_at(work.now)
    print(f"{given.name}: {len(given.agencies)} agencies and {len(people)} people are set up, under {in_force}.")
    if in_force != given.policy:
        print(POLICY_STAYS.format(given=given.policy))
    if is_new:
        _show("You confirmed these email addresses by this file. Look through them:", [x for x in lines if x.rule])
    _show(WAIT.format(code=given.code), [line for line in lines if line.rule is None])


def run_leaver(chosen: argparse.Namespace) -> None:
    with _work() as work:
        leave(work, chosen.email)
    print("They can no longer sign in. Their name stays on what they did.")


def run_returner(chosen: argparse.Namespace) -> None:
    with _work() as work:
        come_back(work, chosen.email)
    print(
        "They can sign in again, and see what they saw before. A seat, or administering, has to be given to them anew."
    )


def run_confirm_domain(chosen: argparse.Namespace) -> None:
    rule, domain = Rule(chosen.rule), chosen.domain.lower()
    with _work() as work:
        if chosen.yes:
            decide_for_operator(work, board_code=chosen.board, domain=domain, rule=rule)
        lines = lines_at(work, board_code=chosen.board, domain=domain)
    _show("Whose addresses are there:", lines)
    print("It is confirmed." if chosen.yes else "Nothing is changed yet. If this is right, add --yes to the command.")


def _show(title: str, lines: Iterable[DomainLine]) -> None:
    """Each domain with everybody whose address is there."""
    for number, line in enumerate(lines):
        if number == 0:
            print(f"\n{title}")
        foreign = " LETTERS OTHER THAN a TO z: IT MAY LOOK LIKE ANOTHER ONE." if line.is_foreign else ""
        print(f"\n  {line.domain} ({line.agency}): {SENT[line.rule]}.{foreign}")
        for person in line.people:
            print(f"    {person.name}, {person.job_title}, {person.agency}: {person.address}")


@contextmanager
def _work() -> Iterator[Work]:
    settings = read_settings()
    with faults_told(settings.database_url), open_workshop(settings).writing() as work:
        yield work


def read_board(file: Path) -> GivenBoard:
    """The Board that a file describes. Raises BoardFaults with a sentence for every fault."""
    try:
        return GivenBoard.model_validate(tomllib.loads(file.read_text("utf-8")))
    except OSError as fault:
        raise BoardFaults([f"{file} cannot be read: {fault.strerror}."]) from None
    except UnicodeDecodeError:
        raise BoardFaults([f"{file} is not text in UTF-8."]) from None
    except tomllib.TOMLDecodeError as fault:
        raise BoardFaults([f"{file} is not TOML: {fault}"]) from None
    except RecursionError:
        raise BoardFaults([f"{file} cannot be read: its parts stand too deep inside each other."]) from None
    except ValidationError as fault:
        raise BoardFaults(
            [f"{file}: {_place(each['loc'])}: {_sentence(each)}{_why(each)}" for each in fault.errors()]
        ) from None
    except ValueError:
        raise BoardFaults([f"{file} cannot be read: a number in it is too long."]) from None


def _place(where: tuple[int | str, ...]) -> str:
    """Where it stands, as a person counts: agencies 1, people 2, email."""
    place = ""
    for part in where:
        place += f" {part + 1}" if isinstance(part, int) else f", {part}"
    return place.removeprefix(", ")


def _why(fault: Any) -> str:
    """What a person may not expect: that the Board's own number and address cannot be left out."""
    left_out = fault["type"] == "missing" or not fault["input"]
    return f": {UNREACHABLE}" if left_out and fault["loc"] in {("telephone",), ("email",)} else ""


def _sentence(fault: Any) -> str:
    field = next((part for part in reversed(fault["loc"]) if isinstance(part, str)), "")
    match fault["type"]:
        case "missing":
            return "this is missing"
        case "extra_forbidden":
            return "nothing of this name is known here"
        case "string_pattern_mismatch":
            return f"“{fault['input']}” is not {HOW.get(field, 'written as it must be')}"
        case "string_type":
            return "this must be text, in quotes"
        case "date_type":
            return "this must be a date without quotes, such as 2026-09-14"
        case "string_too_short" | "too_short":
            return "this is empty"
        case "value_error":
            return str(fault["ctx"]["error"])
        case "literal_error" | "enum":
            return f"“{fault['input']}” is not one of {fault['ctx']['expected']}"
        case _:
            return str(fault["msg"])
