"""Nobody who has the database, and not the keys, can read in it what people wrote or who they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import make_url, select

from forms_app.db.sealing import SealFault
from forms_app.db.tables import Document, DocumentFile, OutboxItem, Person, StageRecord
from forms_app.services import drafts
from forms_app.services.signing_in import ask_code
from tests.factories.releases import held, prepare
from tests.factories.scenes import Scene, scene
from tests.security.at_rest import dumped, on_disk, read_without_keys
from tests.web.conftest import Site, site_of

TYPED, NAMED = "Zebedee Quillfeather has had no meal.", "Ottilie Marchbank"


@pytest.fixture
def here(database_url: str) -> Iterator[Scene]:
    """Somebody waits for a code, a proforma waits to be released, a document was issued, and something is being written."""
    with scene(database_url, "hull") as made:
        escalation = made.open().escalation_id
        for _ in range(3):
            made.step_up(escalation)
        (waiting,) = held(made.workshop, escalation)
        prepare(made.workshop, waiting.document_id, by=made.raiser, about=f"{NAMED} was seen.")
        with made.workshop.writing() as work:
            work.session.get_one(Person, made.raiser).telephone = "01632 960987"
            address = work.session.get_one(Person, made.raiser).email
            ask_code(
                work, address=address, secret=b"invented", link=lambda token: f"https://escalations.example/{token}"
            )
            drafts.save_page(work, by=made.raiser, about=drafts.NEW, form="new", page="one", pairs=[["f-what", TYPED]])
            document = work.session.scalars(select(Document.id)).first()
            file = {"format": "pdf", "sha256": "0" * 64, "issued_at": work.now, "content": TYPED.encode() * 9}
            work.session.add(DocumentFile(document_id=document, **file))
        yield made


def test_nothing_that_people_typed_or_are_called_stands_in_it(
    here: Scene, database_url: str, request: pytest.FixtureRequest
) -> None:
    with here.database.reading() as session:
        (message,) = (each for each in session.scalars(select(OutboxItem.payload)) if each)
        (sections,) = session.scalars(select(StageRecord.sections).where(StageRecord.number == 1))
        if database_url.startswith("sqlite"):
            raw = on_disk(database_url)
        else:
            raw = dumped(request.getfixturevalue("postgres_server"), make_url(database_url).database or "")

        assert "She has had no meal since Friday." in sections
        wrote = (TYPED, "She has had no meal since Friday.", NAMED, "01632 960987", "It names nobody.")
        assert read_without_keys(session, raw, *wrote, str(message["link"])) == []
        assert b"Inventedshire" in raw, "it was looked through: the Board's own name is no secret"


def test_a_page_of_what_was_changed_says_so_and_shows_nothing(
    sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with scene(sqlite_url, "hull") as here:
        escalation = here.open().escalation_id
        site: Site = site_of(here, sqlite_url)
        with here.database.reading() as session:
            email = session.get_one(Person, here.raiser).email
        visitor = site.signed_in(email)
        assert visitor.get(f"/escalations/{escalation}").status_code == 200
        with here.database.writing() as session:
            session.connection().exec_driver_sql("UPDATE stage_records SET sections = facts")

        answer = visitor.get(f"/escalations/{escalation}")

    assert answer.status_code == 503
    assert "<h1" in answer.text
    assert "Something that is stored cannot be opened" in answer.text
    assert "stage_records" not in answer.text


def test_where_somebodys_own_row_was_changed_there_is_a_page_too(sqlite_url: str) -> None:
    with scene(sqlite_url, "hull") as here:
        site: Site = site_of(here, sqlite_url)
        with here.database.reading() as session:
            email = session.get_one(Person, here.raiser).email
        visitor = site.signed_in(email)
        with here.database.writing() as session:
            session.connection().exec_driver_sql("UPDATE people SET name = email")

        answer = visitor.get("/escalations")
        with here.database.reading() as session, pytest.raises(SealFault):
            session.scalars(select(Person)).all()

    assert answer.status_code == 503
    assert "Something that is stored cannot be opened" in answer.text
