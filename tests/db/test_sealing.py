"""What is sealed at rest: nothing of it can be read, changed or moved without the keys, and the keys can change while the service runs."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import joinedload

from forms_app.db.database import Database
from forms_app.db.faults import DatabaseFault
from forms_app.db.keys import WrappingKeys, destroy, new_wrapping_key, require_keys
from forms_app.db.people import person_with_email
from forms_app.db.sealing import INDEX_KEY, SERVICE_KEY, SealFault
from forms_app.db.tables import (
    DataKey,
    Delivery,
    Draft,
    Escalation,
    OutboxItem,
    Party,
    Person,
    SealedPlace,
    StageRecord,
    SubjectOfConcern,
)
from forms_app.services import drafts
from tests.factories.keys import KEYS, SEALING_KEYS
from tests.factories.scenes import Scene, scene

RAW_ID = {"sqlite": lambda row: row.hex, "postgresql": str}
ANOTHER = f"another:{base64.b64encode(b'elsewise' * 4).decode()}"


@pytest.fixture
def here(database_url: str) -> Iterator[Scene]:
    with scene(database_url, "hull") as made:
        yield made


@pytest.fixture
def quick(sqlite_url: str) -> Iterator[Scene]:
    """Where both kinds of database do the same, one is enough."""
    with scene(sqlite_url, "hull") as made:
        yield made


@contextlib.contextmanager
def opened_anew(here: Scene) -> Iterator[Database]:
    """The same database as another process has it, which has opened no key yet."""
    fresh = Database(here.database.engine.url.render_as_string(hide_password=False), KEYS)
    yield fresh
    fresh.close()


def stored(here: Scene, table: str, column: str, row: UUID, own: str = "id") -> bytes:
    """What really stands there."""
    with here.database.reading() as session:
        of_row = {"row": RAW_ID[here.database.engine.dialect.name](row)}
        found = session.connection().execute(text(f"SELECT {column} FROM {table} WHERE {own} = :row"), of_row)  # noqa: S608
        return bytes(found.scalar_one())


def store(here: Scene, table: str, column: str, row: UUID, value: bytes | str, own: str = "id") -> None:
    """As somebody does who has the database and not the keys."""
    with here.database.writing() as session:
        values = {"row": RAW_ID[here.database.engine.dialect.name](row), "value": value}
        session.connection().execute(text(f"UPDATE {table} SET {column} = :value WHERE {own} = :row"), values)  # noqa: S608


def two_records(here: Scene) -> list[UUID]:
    escalation = here.open().escalation_id
    here.account(escalation, by=here.raiser)
    with here.database.reading() as session:
        return list(session.scalars(select(StageRecord.id).order_by(StageRecord.number)))


# --- read as before, stored otherwise ---


def test_what_is_written_is_read_and_is_not_what_is_stored(here: Scene) -> None:
    person = here.raiser
    with here.database.writing() as session:
        session.get_one(Person, person).name = "Zebedee Quillfeather"
    with here.database.reading() as session:
        assert session.get_one(Person, person).name == "Zebedee Quillfeather"
        assert session.scalars(select(Person.name).where(Person.id == person)).one() == "Zebedee Quillfeather"

    assert b"Quillfeather" not in stored(here, "people", "name", person)


def test_the_same_twice_is_stored_as_something_else_each_time(quick: Scene) -> None:
    with quick.database.writing() as session:
        session.get_one(Person, quick.raiser).telephone = "01632 960111"
        session.get_one(Person, quick.holder("chair")).telephone = "01632 960111"

    both = [stored(quick, "people", "telephone", person) for person in (quick.raiser, quick.holder("chair"))]

    assert len(set(both)) == 2
    assert len({each[:17] for each in both}) == 1, "under the same key, their Board's"


def test_an_object_says_what_it_said_before_it_was_written(quick: Scene) -> None:
    with quick.database.writing() as session:
        person = session.get_one(Person, quick.raiser)
        person.name = "Zebedee Quillfeather"
        session.flush()
        assert person.name == "Zebedee Quillfeather"
        person.left_at = quick.clock.now
        session.flush()
        assert person.name == "Zebedee Quillfeather"


def test_through_joins_each_value_is_opened_in_its_own_row(here: Scene) -> None:
    escalation = here.open().escalation_id
    with here.database.reading() as session:
        wanted = select(Party).where(Party.escalation_id == escalation).options(joinedload(Party.person))
        names = {party.person.email: party.person.name for party in session.scalars(wanted)}
        found = {person.email: person.name for person in session.scalars(select(Person))}

    assert len(names) == 2
    assert names.items() <= found.items()


def test_each_escalation_has_a_key_of_its_own_and_a_board_another(here: Scene) -> None:
    first, second = here.open().escalation_id, here.open().escalation_id
    with here.database.reading() as session:
        board = session.scalars(select(Escalation.board_id)).first()
        keys = set(session.scalars(select(DataKey.id)))
        records = {record.escalation_id: record.id for record in session.scalars(select(StageRecord))}
        delivery = session.scalars(select(Delivery.id)).first()

    assert keys == {SERVICE_KEY, INDEX_KEY, board, first, second}
    for escalation in (first, second):
        assert stored(here, "stage_records", "sections", records[escalation])[1:17] == escalation.bytes
        assert stored(here, "subjects", "answers", escalation, "escalation_id")[1:17] == escalation.bytes
    assert delivery is not None
    assert UUID(bytes=stored(here, "deliveries", "address", delivery)[1:17]) in (first, second)


def test_a_draft_is_sealed_for_what_it_is_about(quick: Scene) -> None:
    escalation = quick.open().escalation_id
    with quick.workshop.writing() as work:
        page = {"by": quick.raiser, "form": "account", "page": "one", "pairs": [["f-what", "Typed and not sent"]]}
        about_it = drafts.save_page(work, about=f"{escalation}:ladder:stage_one:1", **page)
        about_none = drafts.save_page(work, about=drafts.NEW, **page)
        board = work.session.get_one(Person, quick.raiser).board_id

    assert stored(quick, "drafts", "answers", about_it.id)[1:17] == escalation.bytes
    assert stored(quick, "drafts", "answers", about_none.id)[1:17] == board.bytes
    with quick.database.reading() as session:
        assert session.get_one(Draft, about_it.id).answers == {"one": [["f-what", "Typed and not sent"]]}


# --- refused ---


def opened(here: Scene, row: UUID) -> str:
    with here.database.reading() as session:
        return session.scalars(select(StageRecord.sections).where(StageRecord.id == row)).one()


def test_a_value_that_was_moved_to_another_row_is_refused(here: Scene) -> None:
    first, second = two_records(here)

    store(here, "stage_records", "sections", second, stored(here, "stage_records", "sections", first))

    assert opened(here, first)
    with pytest.raises(SealFault, match=r"stage_records\.sections does not open: it was changed, or moved"):
        opened(here, second)


def test_a_value_that_was_moved_to_another_column_is_refused(quick: Scene) -> None:
    first, _ = two_records(quick)

    store(quick, "stage_records", "sections", first, stored(quick, "stage_records", "facts", first))

    with pytest.raises(SealFault, match="moved"):
        opened(quick, first)


def test_a_value_that_was_moved_to_another_table_is_refused(quick: Scene) -> None:
    first, _ = two_records(quick)
    with quick.database.reading() as session:
        escalation = session.scalars(select(StageRecord.escalation_id)).first()
    assert escalation is not None

    store(quick, "stage_records", "sections", first, stored(quick, "subjects", "answers", escalation, "escalation_id"))

    with pytest.raises(SealFault, match="moved"):
        opened(quick, first)


@pytest.mark.parametrize("place", [0, 5, 20, 40, -1])
def test_a_value_of_which_one_bit_was_changed_is_refused(quick: Scene, place: int) -> None:
    first, _ = two_records(quick)
    whole = bytearray(stored(quick, "stage_records", "sections", first))
    whole[place] ^= 1

    store(quick, "stage_records", "sections", first, bytes(whole))

    with pytest.raises(SealFault):
        opened(quick, first)


@pytest.mark.parametrize("value", [b"[]", b"", b"\x01", b"\x01" * 28])
def test_a_value_that_somebody_else_wrote_is_refused(quick: Scene, value: bytes) -> None:
    first, _ = two_records(quick)

    store(quick, "stage_records", "sections", first, value)

    with pytest.raises(SealFault):
        opened(quick, first)


def test_nothing_is_stored_or_looked_for_without_being_sealed(here: Scene) -> None:
    with (
        here.database.writing() as session,
        pytest.raises(StatementError, match=r"people\.name was about to be stored"),
    ):
        session.execute(update(Person).values(name="Open"))
    with (
        here.database.writing() as session,
        pytest.raises(StatementError, match=r"people\.name was about to be stored"),
    ):
        session.execute(insert(Person).values(name="Open"))
    with here.database.reading() as session, pytest.raises(StatementError, match=r"people\.name .* looked for"):
        session.execute(select(Person.id).where(Person.name == "Open"))


def test_what_is_in_the_outbox_is_emptied_and_not_sealed_nothing(quick: Scene) -> None:
    quick.open()
    with quick.database.reading() as session:
        assert set(session.scalars(select(OutboxItem.payload))) == {None}


# --- looked up blindly ---


def test_a_person_is_found_by_an_index_that_is_no_plain_hash(here: Scene) -> None:
    with here.database.reading() as session:
        person = session.get_one(Person, here.raiser)
        found = person_with_email(session, person.email)
        nobody = person_with_email(session, f"not-{person.email}")
        several = session.scalars(select(Person.id).where(Person.email.in_([person.email, "nobody@example"]))).all()
        address = person.email.encode()

        assert found is person
    assert (nobody, several) == (None, [here.raiser])
    index = stored(here, "people", "email_index", here.raiser)
    hashes = {hashlib.new(kind, address).digest()[:32] for kind in ("sha256", "sha512", "sha3_256", "blake2s")}
    assert len(index) == 32
    assert index not in hashes


def test_a_new_address_is_found_and_the_old_one_is_not(quick: Scene) -> None:
    with quick.database.writing() as session:
        person = session.get_one(Person, quick.raiser)
        old, person.email = person.email, "zebedee@school.example"

    with quick.database.reading() as session:
        assert person_with_email(session, old) is None
        assert person_with_email(session, "zebedee@school.example") is not None


def test_two_people_cannot_have_one_address(here: Scene) -> None:
    with here.database.reading() as session:
        taken = session.get_one(Person, here.holder("chair")).email
    with pytest.raises(IntegrityError, match="email_index"), here.database.writing() as session:
        session.get_one(Person, here.raiser).email = taken


# --- keys ---


def test_without_the_keys_nothing_opens(quick: Scene, sqlite_url: str) -> None:
    others = (Database(sqlite_url), Database(sqlite_url, WrappingKeys(ANOTHER)))
    for database, said in zip(others, ("without the keys", "SEALING_KEYS lacks the key “tests”"), strict=True):
        with database.reading() as session, pytest.raises(SealFault, match=said):
            session.scalars(select(Person.name)).all()
        database.close()


def test_a_wrong_key_under_the_right_name_is_found_out(quick: Scene) -> None:
    wrong = WrappingKeys(ANOTHER.replace("another:", "tests:"))
    with quick.database.reading() as session, pytest.raises(DatabaseFault, match="“tests” is not the one"):
        require_keys(session, wrong)


def test_a_database_in_which_a_column_was_never_sealed_is_refused(quick: Scene) -> None:
    with quick.database.writing() as session:
        session.delete(session.get_one(SealedPlace, "people.name"))
    with quick.database.reading() as session, pytest.raises(DatabaseFault, match="forms-app migrate"):
        require_keys(session, KEYS)


def test_a_data_key_opens_only_under_its_own_id(quick: Scene) -> None:
    first, second = quick.open().escalation_id, quick.open().escalation_id
    store(quick, "data_keys", "wrapped", second, stored(quick, "data_keys", "wrapped", first))

    with opened_anew(quick) as fresh, fresh.reading() as session, pytest.raises(SealFault, match="is not the one"):
        session.scalars(select(SubjectOfConcern.answers).where(SubjectOfConcern.escalation_id == second)).one()


def test_what_a_destroyed_key_sealed_opens_never_again(here: Scene) -> None:
    gone, stays = here.open().escalation_id, here.open().escalation_id
    with here.database.writing() as session:
        destroy(session, gone)

    wanted = select(SubjectOfConcern.answers)
    with opened_anew(here) as fresh:
        with fresh.reading() as session:
            assert session.scalars(wanted.where(SubjectOfConcern.escalation_id == stays)).one()
        with fresh.reading() as session, pytest.raises(SealFault, match="its key was destroyed"):
            session.scalars(wanted.where(SubjectOfConcern.escalation_id == gone)).one()


def test_a_key_that_was_made_in_a_transaction_that_was_undone_seals_nothing(here: Scene) -> None:
    with here.database.writing() as session:
        destroy(session, session.get_one(Person, here.raiser).board_id)
    page = {"by": here.raiser, "about": drafts.NEW, "form": "account", "page": "one", "pairs": [["f-what", "Typed"]]}
    with contextlib.suppress(ZeroDivisionError), here.workshop.writing() as work:
        drafts.save_page(work, **page)
        raise ZeroDivisionError
    with here.workshop.writing() as work:
        made = drafts.save_page(work, **page)

    with opened_anew(here) as fresh, fresh.reading() as session:
        assert session.get_one(Draft, made.id).answers == {"one": [["f-what", "Typed"]]}


def test_keys_and_faults_do_not_print_what_is_secret(quick: Scene) -> None:
    secret = SEALING_KEYS.split(",")[0].partition(":")[2]
    assert secret not in repr(KEYS) + str(vars(KEYS))
    with quick.database.writing() as session, pytest.raises(StatementError, match="name") as refused:
        session.execute(update(Person).values(name="Quillfeather"))
    assert "Quillfeather" not in str(refused.value)
    assert len(new_wrapping_key(quick.clock.now).partition(":")[2]) == 44
