"""Seats are compared in the one table of permissions. Elsewhere a seat says who somebody is, never what they may."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import PROJECT

APPLICATION = PROJECT / "forms_app"
WHO_NOT_WHAT = {
    "commands/demo.py": "says beside whom a second step is asked",
    "commands/invented.py": "finds the people that it invented",
    "db/learning.py": "whose a line is",
    "db/people.py": "finds who holds a seat",
    "db/places.py": "for which seat a document is",
    "domain/access.py": "the table",
    "domain/learning.py": "whose a line is",
    "domain/policy.py": "what a policy can say of a helper",
    "forms/entries.py": "whether anybody can be asked for help",
    "forms/meetings.py": "a seat is a level at which somebody acts",
    "forms/people.py": "a seat is a level at which somebody acts",
    "policies/warnings.py": "what a policy says of a helper",
    "services/administering.py": "the last of the business unit cannot be taken away",
    "services/boards.py": "a Board without a business unit is refused",
    "services/circulating.py": "whom the policy tells",
    "services/contacts.py": "who is listed under which seat",
    "services/joining.py": "a seat is a level at which somebody acts",
    "services/keeping.py": "of what somebody is warned",
    "services/learning.py": "which lines are those of a sub-group",
    "services/notices.py": "where an email leads",
    "services/patterns.py": "who is told",
    "services/proposing.py": "whether somebody has the seat already",
    "services/rehearsing.py": "a seat is a level at which somebody acts",
    "services/reminding.py": "who is reminded for the office",
    "services/signing_in.py": "who must have a second step",
}


def comparisons(folder: Path) -> Iterator[tuple[str, int]]:
    """Where a seat is compared with something, and not only with nothing."""
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Compare) and _is_about_a_seat(node):
                yield file.relative_to(folder).as_posix(), node.lineno


def _is_about_a_seat(node: ast.Compare) -> bool:
    with_nothing = any(isinstance(each, ast.Constant) and each.value is None for each in node.comparators)
    names = [each for each in ast.walk(node) if isinstance(each, ast.Attribute) and each.attr == "seat"]
    return bool(names) and not with_nothing


def test_seats_are_compared_in_the_table_and_where_they_say_who_somebody_is() -> None:
    found = [place for place in comparisons(APPLICATION) if place[0] not in WHO_NOT_WHAT]

    assert found == [], "ask the table: may(person, May.…)"


def test_every_exception_is_still_needed() -> None:
    assert set(WHO_NOT_WHAT) - {file for file, _ in comparisons(APPLICATION)} == set()


@pytest.mark.parametrize(
    "line", ["person.seat == Seat.CHAIR", "person.seat in OFFICE", "not seat_of(x).seat != 'chair'"]
)
def test_a_seat_that_is_compared_is_found(line: str, tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text(f"allowed = {line}\n")

    assert list(comparisons(tmp_path)) == [("page.py", 1)]


def test_whether_there_is_a_seat_at_all_says_nothing_of_what_they_may(tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text("has_one = person.seat is not None\n")

    assert list(comparisons(tmp_path)) == []
