"""Signing in below the web: what is owed, what is counted, what a session is worth."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from forms_app.db.database import Database
from forms_app.db.tables import Agency, AuditEntry, Board, OutboxItem, Person, SignInCode, SignInSession
from forms_app.domain.limits import CODES_FOR_ACCOUNT
from forms_app.policies.bank_holidays import calendar_of
from forms_app.policies.shelf import Shelf
from forms_app.services import signing_in
from forms_app.services.mail_domains import name_domains
from forms_app.services.signing_in import Current, Lapsed
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop
from tests.factories.keys import KEYS

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
SECRET = b"an invented secret that signs nothing"
ADA = "ada@invented.example"


def at(workshop: Workshop, **later: float) -> Workshop:
    return replace(workshop, clock=lambda: NOON + timedelta(**later))


@pytest.fixture
def workshop(database_url: str) -> Iterator[Workshop]:
    database = Database(database_url, KEYS)
    with database.writing() as session:
        board = Board(
            code="INV",
            name="Invented Board",
            policy_key="invented@2027",
            telephone="01632 960100",
            email="board@invented.example",
        )
        session.add(board)
        session.flush()
        agency = Agency(board_id=board.id, name="Invented Health", kind="health")
        session.add(agency)
        session.flush()
        session.add(
            Person(
                board_id=board.id,
                agency_id=agency.id,
                name="Ada Invented",
                email=ADA,
                job_title="Nurse",
                level="practitioner",
            )
        )
        session.flush()
        name_domains(Work(session, NOON, Shelf([]), calendar_of), board.id, confirmed=True)
    yield Workshop(database, Shelf([]), calendar_of, lambda: NOON)
    database.close()


def ask(workshop: Workshop, address: str = ADA) -> UUID:
    with workshop.writing() as work:
        return signing_in.ask_code(
            work, address=address, secret=SECRET, link=lambda token: f"https://x.example/{token}"
        )


def prove(workshop: Workshop, code_id: UUID, typed: str) -> str | None:
    with workshop.writing() as work:
        found = signing_in.prove_code(work, code_id=code_id, typed=typed, secret=SECRET)
    return found.token if found is not None else None


def owed(workshop: Workshop) -> OutboxItem:
    with workshop.reading() as work:
        item = work.session.scalars(select(OutboxItem)).one()
        work.session.expunge(item)
        return item


def code_of(workshop: Workshop) -> str:
    payload = owed(workshop).payload
    assert payload is not None
    return str(payload["code"])


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def standing(workshop: Workshop, token: str) -> Current | Lapsed | None:
    with workshop.reading() as work:
        return signing_in.session_of(work, token=token, secret=SECRET)


def signed_in(workshop: Workshop) -> str:
    token = prove(workshop, ask(workshop), code_of(workshop))
    assert token is not None
    return token


def entries(work: Work) -> list[str]:
    return list(work.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def leave(workshop: Workshop) -> None:
    with workshop.writing() as work:
        work.session.scalars(select(Person)).one().left_at = NOON


def test_asking_owes_one_message_with_code_and_link(workshop: Workshop) -> None:
    code_id = ask(workshop)

    item = owed(workshop)
    assert (item.kind, item.about_id, item.dedupe_key) == ("sign_in_message", code_id, f"sign_in_message:{code_id}")
    assert item.payload is not None
    assert item.payload["to"] == ADA
    assert len(item.payload["code"]) == 6
    assert item.payload["link"].startswith("https://x.example/")


def test_a_failure_after_asking_leaves_neither_code_nor_message_nor_entry(workshop: Workshop) -> None:
    def ask_and_fail() -> None:
        with workshop.writing() as work:
            signing_in.ask_code(work, address=ADA, secret=SECRET, link=str)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        ask_and_fail()

    with workshop.reading() as work:
        for table in (SignInCode, OutboxItem, AuditEntry):
            assert work.session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.parametrize("address", ["nobody@invented.example", "", ADA.replace("a", "ä")])
def test_an_unknown_address_is_answered_alike_and_owed_nothing(address: str, workshop: Workshop) -> None:
    assert isinstance(ask(workshop, address), UUID)

    with workshop.reading() as work:
        assert work.session.scalar(select(func.count()).select_from(OutboxItem)) == 0
        assert entries(work) == ["sign_in_code_not_owed"]


def test_one_who_has_left_is_owed_nothing(workshop: Workshop) -> None:
    leave(workshop)

    ask(workshop)

    with workshop.reading() as work:
        assert work.session.scalar(select(func.count()).select_from(OutboxItem)) == 0


def test_one_who_leaves_after_asking_cannot_sign_in(workshop: Workshop) -> None:
    code_id, code = ask(workshop), code_of(workshop)

    leave(workshop)

    assert prove(workshop, code_id, code) is None


def test_a_code_that_was_never_asked_for_is_refused(workshop: Workshop) -> None:
    assert prove(workshop, uuid4(), "123456") is None


def test_a_code_under_another_key_is_refused(workshop: Workshop) -> None:
    code_id, code = ask(workshop), code_of(workshop)

    with workshop.writing() as work:
        assert signing_in.prove_code(work, code_id=code_id, typed=code, secret=b"another key") is None


def test_signing_in_ends_every_other_code_of_the_person(workshop: Workshop) -> None:
    first, code = ask(workshop), code_of(workshop)
    ask(workshop)

    assert prove(workshop, first, code) is not None

    with workshop.reading() as work:
        assert work.session.scalar(select(func.count()).where(SignInCode.used_at.is_(None))) == 0


def test_guesses_at_the_same_instant_are_all_counted(workshop: Workshop) -> None:
    code_id, code = ask(workshop), code_of(workshop)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: prove(workshop, code_id, wrong(code)), range(12))) == {None}

    with workshop.reading() as work:
        assert work.session.scalars(select(SignInCode)).one().tries == signing_in.WRONG_TRIES
        assert entries(work).count("sign_in_code_wrong") == signing_in.WRONG_TRIES
    assert prove(workshop, code_id, code) is None


def test_a_code_typed_twice_at_the_same_instant_makes_one_session(workshop: Workshop) -> None:
    code_id, code = ask(workshop), code_of(workshop)

    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: prove(workshop, code_id, code), range(8)))

    assert len([token for token in tokens if token is not None]) == 1
    with workshop.reading() as work:
        assert work.session.scalar(select(func.count()).select_from(SignInSession)) == 1


def test_codes_asked_for_at_the_same_instant_stay_within_the_limit(workshop: Workshop) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: ask(workshop), range(12)))

    with workshop.reading() as work:
        assert work.session.scalar(select(func.count(SignInCode.person_id))) == CODES_FOR_ACCOUNT.at_once


def test_a_session_knows_its_person(workshop: Workshop) -> None:
    current = standing(workshop, signed_in(workshop))

    assert isinstance(current, Current)
    assert (current.person.name, current.person.board_name, current.person.seat) == (
        "Ada Invented",
        "Invented Board",
        None,
    )


@pytest.mark.parametrize(
    ("later", "kind"),
    [
        ({"minutes": 15}, Current),
        ({"minutes": 15, "seconds": 1}, Lapsed),
        ({"hours": 11, "minutes": 59}, Lapsed),
        ({"hours": 12}, type(None)),
    ],
)
def test_a_session_left_alone_lapses_and_then_ends(later: dict[str, float], kind: type, workshop: Workshop) -> None:
    token = signed_in(workshop)

    assert isinstance(standing(at(workshop, **later), token), kind)


def test_use_keeps_a_session_going_for_twelve_hours_at_most(workshop: Workshop) -> None:
    token = signed_in(workshop)
    for minutes in range(10, 720, 10):
        current = standing(at(workshop, minutes=minutes), token)
        assert isinstance(current, Current)
        with at(workshop, minutes=minutes).writing() as work:
            signing_in.see(work, current)

    assert standing(at(workshop, minutes=720), token) is None


def test_seeing_a_session_that_ended_does_not_bring_it_back(workshop: Workshop) -> None:
    token = signed_in(workshop)
    current = standing(workshop, token)
    assert isinstance(current, Current)
    with workshop.writing() as work:
        signing_in.sign_out(work, token=token, secret=SECRET)

    with at(workshop, minutes=2).writing() as work:
        signing_in.see(work, current)

    assert standing(at(workshop, minutes=2), token) is None


def test_signing_out_twice_is_one_entry(workshop: Workshop) -> None:
    token = signed_in(workshop)

    for _ in range(2):
        with workshop.writing() as work:
            signing_in.sign_out(work, token=token, secret=SECRET)

    with workshop.reading() as work:
        assert entries(work) == ["sign_in_code_owed", "signed_in", "signed_out"]


def test_the_trail_says_who_and_carries_no_text(workshop: Workshop) -> None:
    signed_in(workshop)

    with workshop.reading() as work:
        person = work.session.scalars(select(Person)).one()
        for entry in work.session.scalars(select(AuditEntry)):
            assert (entry.person_id, entry.at) == (person.id, NOON)
            assert entry.action.replace("_", "").isalpha()
