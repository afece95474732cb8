"""The table of permissions: none by default, and nobody signs off their own."""

from __future__ import annotations

from uuid import uuid4

import pytest

from forms_app.commands.access import SAID, read_aloud
from forms_app.domain.access import (
    APART,
    PARTIES,
    Action,
    Entry,
    May,
    Relation,
    Role,
    Section,
    allows,
    can_take_part,
    may,
    roles_of,
    signs_off_own,
)
from forms_app.domain.seats import Seat
from tests.architecture.tree import PROJECT


class Somebody:
    def __init__(self, seat: Seat | None = None, *, administers: bool = False) -> None:
        self.seat, self.administers_agency = seat, administers


EVERY_RELATION = frozenset(Relation)
SIGNING_OFF = frozenset({Action.RELEASE, Action.PUBLISH, Action.CONFIRM, Action.DESTROY, Action.RESET})


def test_what_no_line_allows_nobody_may() -> None:
    nothing = Entry(Action.SEE, Section.RECORDS, ())

    assert not any(nothing.relations_for({role}) for role in Role)
    assert not allows(May.SEE_RECORDS, roles_of(Somebody()), ())
    assert not may(None, May.KEEP_OWN_ACCOUNT, *Relation)


@pytest.mark.parametrize("seat", sorted(APART))
def test_who_stands_apart_has_one_page_and_their_account_whatever_they_are_to_it(seat: Seat) -> None:
    roles = roles_of(Somebody(seat))

    found = {line for line in May if allows(line, roles, EVERY_RELATION)}

    own = {Seat.ANALYST: May.SEE_NUMBERS, Seat.AUDITOR: May.SEE_TRAIL}[seat]
    assert found == {May.SEE_PUBLIC_PAGES, May.KEEP_OWN_ACCOUNT, May.READ_POLICY, own}
    assert not can_take_part(Somebody(seat))


def test_an_administrator_reads_no_escalation_because_of_it() -> None:
    roles = roles_of(Somebody(administers=True)) - {Role.PRACTITIONER}

    assert not any(
        allows(line, roles, EVERY_RELATION)
        for line in May
        if line.value.relations & (PARTIES | {Relation.OFFICE, Relation.RECIPIENT})
    )


def test_the_office_reads_nothing_that_anybody_typed() -> None:
    for seat in (Seat.BUSINESS_UNIT, Seat.CHAIR):
        for line in (May.SEE_RECORDS, May.SEE_SUBJECT, May.SEE_DOCUMENTS, May.DOWNLOAD_EVERYTHING, May.SEE_TIMELINE):
            assert not may(Somebody(seat), line, Relation.OFFICE, Relation.OWN_BOARD), (seat, line)


# --- nobody signs off their own -------------------------------------------------------------------------------------


def test_whatever_is_signed_off_says_by_whom_not() -> None:
    assert {line.name for line in May if line.value.action in SIGNING_OFF and not line.value.not_by} == set()


def test_ones_own_is_ones_own() -> None:
    me, other = uuid4(), uuid4()

    assert signs_off_own(May.RELEASE, me, [other, me])
    assert not signs_off_own(May.RELEASE, me, [other, None])
    with pytest.raises(AssertionError, match="anybody do SEE_RECORDS"):
        signs_off_own(May.SEE_RECORDS, me, [])


# --- read aloud -----------------------------------------------------------------------------------------------------


def test_every_line_is_said_in_words() -> None:
    assert set(SAID) == set(May)


def test_the_page_says_what_the_table_says() -> None:
    page = (PROJECT / "docs" / "access.md").read_text("utf-8")

    assert page == read_aloud(), "make it anew: forms-app access > docs/access.md"
