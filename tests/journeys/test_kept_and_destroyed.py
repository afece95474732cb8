"""What is kept comes back from a backup, waiting for a person's word; and what was kept long enough is nowhere any more."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from pyrage import x25519
from sqlalchemy import LargeBinary, select, type_coerce
from sqlalchemy.engine import make_url

from forms_app.app import create_app
from forms_app.db import backups, outbox
from forms_app.db.database import Database
from forms_app.db.migrate import require_newest
from forms_app.db.outbox import OutboxKind
from forms_app.db.tables import DataKey, Document, DocumentFile, Escalation, StageRecord, SubjectOfConcern
from forms_app.services.keeping import look_after_records
from forms_app.services.restoring import let_go, on_hold
from forms_app.services.workshop import Workshop
from forms_app.settings import child_environment
from tests.factories.keys import KEYS
from tests.factories.scenes import shelf
from tests.journeys.form_filler import LOOKED_FOR
from tests.journeys.town import SERVICE_URL, Town, town
from tests.postgres import PostgresServer
from tests.smtp import running_smtp_server
from tests.web.conftest import settings
from tests.web.visitor import Visitor

POLICY = "hull@2015"


@dataclass
class Kept:
    """A town with an escalation that was settled and another that goes on, their documents sent."""

    here: Town
    url: str
    paths: tuple[str, str] = ("", "")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, release: bool) -> Iterator[Kept]:
    """One for the whole module. On PostgreSQL for a release: each day its parts are tried in tests/commands and tests/services."""
    if request.param == "postgresql" and not release:
        pytest.skip("for a release")
    with ExitStack() as stack:
        if request.param == "sqlite":
            file = tmp_path_factory.mktemp("kept") / "forms.db"
            shutil.copyfile(request.getfixturevalue("migrated_sqlite"), file)
            url = f"sqlite:///{file}"
        else:
            server: PostgresServer = request.getfixturevalue("postgres_server")
            name = server.create_database(template=request.getfixturevalue("migrated_postgres"))
            stack.callback(server.drop_database, name)
            url = server.url_of_service(name)
        smtp = stack.enter_context(running_smtp_server())
        made = Kept(stack.enter_context(town(url, smtp)), url)
        made.paths = settled(made.here), opened(made.here)
        yield made
        smtp.received.clear()  # of what went out about an escalation that was destroyed there are no records any more


def person(here: Town, mailbox: str) -> str:
    return next(email for email in here.emails_of(here.boards[POLICY]) if email.startswith(f"{mailbox}."))


def opened(here: Town) -> str:
    path = here.fill(here.boards[POLICY].raiser.email, "/escalations/new").partition("/sent/")[0]
    here.deliver()
    return path


def settled(here: Town) -> str:
    """The address of an escalation that was raised and settled, with its documents sent."""
    path = opened(here)
    for form in ("outcome", "agreement"):
        here.fill(able(here, path, form)[0], f"{path}/{form}")
    here.deliver()
    here.release(path)
    return path


def able(here: Town, path: str, form: str) -> list[str]:
    people = [each for each in here.emails_of(here.boards[POLICY]) if "@school." in each or "@socialcare." in each]
    return [each for each in people if f'href="{path}/{form}"' in here.visitor(each).get(path).text]


def fresh(here: Town, mailbox: str) -> Visitor:
    """Signed in anew: years have passed."""
    here.people.pop(person(here, mailbox), None)
    return here.visitor(person(here, mailbox))


def days_pass(here: Town, days: int) -> None:
    """And the worker looks what comes due."""
    here.clock.forward(days=days)
    with here.workshop.writing() as work:
        board = work.session.scalars(select(Escalation.board_id)).first()
        assert board is not None
        outbox.owe(work.session, OutboxKind.LOOK_AFTER_RECORDS, board, f"look:{days}:{work.now}", work.now)
        found = outbox.claim(work.session, "looks", work.now, 1000, timedelta(minutes=3))
        for each in found:
            if each.kind != OutboxKind.LOOK_AFTER_RECORDS:
                outbox.finish(work.session, each.item_id, "looks", work.now)
    look_after_records(here.workshop, next(each for each in found if each.kind == OutboxKind.LOOK_AFTER_RECORDS))


def traces(here: Town, escalation: UUID) -> list[bytes]:
    """What stands in the database of it, byte for byte: its sealed values, and above all its wrapped key."""
    with here.workshop.reading() as work:
        session = work.session
        wanted = (
            select(type_coerce(SubjectOfConcern.answers, LargeBinary)).where(
                SubjectOfConcern.escalation_id == escalation
            ),
            select(type_coerce(StageRecord.sections, LargeBinary)).where(StageRecord.escalation_id == escalation),
            select(type_coerce(Document.context, LargeBinary)).where(Document.escalation_id == escalation),
            select(type_coerce(DocumentFile.content, LargeBinary))
            .join(Document, Document.id == DocumentFile.document_id)
            .where(Document.escalation_id == escalation),
            select(DataKey.wrapped).where(DataKey.id == escalation),
        )
        found = [bytes(each) for query in wanted for each in session.scalars(query)]
    # Long values are cut over pages: a piece of each is enough to be found.
    return [each[20:52] for each in found]


def digests(here: Town, escalation: UUID) -> dict[UUID, str]:
    with here.workshop.reading() as work:
        wanted = select(DocumentFile).join(Document, Document.id == DocumentFile.document_id)
        files = work.session.scalars(wanted.where(Document.escalation_id == escalation)).all()
        return {each.id: hashlib.sha256(each.content).hexdigest() for each in files}


def on_disk(url: str, request: pytest.FixtureRequest) -> bytes:
    """Everything that the database keeps in files. Of PostgreSQL without its write-ahead log, after its owner's vacuum."""
    if url.startswith("sqlite"):
        file = Path(make_url(url).database or "")
        return b"".join(each.read_bytes() for each in sorted(file.parent.glob(f"{file.name}*")))
    server: PostgresServer = request.getfixturevalue("postgres_server")
    database = make_url(url).database or ""
    with psycopg.connect(server.url(database).replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("VACUUM FULL data_keys")
        owner.execute("VACUUM")
        owner.execute("CHECKPOINT")
        row = owner.execute(
            "SELECT current_setting('data_directory'), oid FROM pg_database WHERE datname = %s", [database]
        )
        folder, oid = row.fetchone() or ("", 0)
    return b"".join(each.read_bytes() for each in Path(folder, "base", str(oid)).iterdir() if each.is_file())


def dumped(url: str, request: pytest.FixtureRequest) -> bytes:
    server: PostgresServer = request.getfixturevalue("postgres_server")
    plain = server.url(make_url(url).database or "").replace("+psycopg", "")
    return subprocess.run(["pg_dump", plain], capture_output=True, check=True).stdout


@dataclass(frozen=True)
class Restored:
    here: Town
    url: str


def restored(kept: Kept, request: pytest.FixtureRequest, folder: Path) -> Restored:
    """The town as it comes back from a backup, in another database, with its own web service and worker."""
    identity = x25519.Identity.generate()
    (folder / "key.txt").write_text(str(identity))
    now = kept.here.clock.now
    backups.back_up(kept.url, folder / "town.age", [str(identity.to_public())], now, _environment)
    if kept.url.startswith("sqlite"):
        url = owner = f"sqlite:///{folder}/restored.db"
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        name = server.create_database()
        request.addfinalizer(lambda: server.drop_database(name))
        url, owner = server.url_of_service(name), server.url(name)
    made = backups.restore(backups.Target(owner, KEYS, now, _environment), folder / "town.age", folder / "key.txt")
    assert backups.faults_of(url, made) == []
    require_newest(url)
    workshop = Workshop(Database(url, KEYS), shelf(), kept.here.workshop.calendars, kept.here.clock)
    request.addfinalizer(workshop.database.close)
    app = create_app(settings(url, service_url=SERVICE_URL), workshop=workshop, poke=lambda: None)
    return Restored(Town(workshop, kept.here.clock, kept.here.smtp, kept.here.boards, app, kept.here.desk), url)


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    return child_environment(**more)


def test_a_restored_service_works_and_posts_nothing_before_somebody_says_go(
    kept: Kept, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    raiser, path = (
        kept.here.boards[POLICY].raiser.email,
        kept.here.fill(kept.here.boards[POLICY].raiser.email, "/escalations/new"),
    )
    posted = len(kept.here.smtp.received)
    wanted = digests(kept.here, UUID(kept.paths[0].rpartition("/")[2]))
    there = restored(kept, request, tmp_path).here

    there.clock.forward(minutes=1)
    assert digests(there, UUID(kept.paths[0].rpartition("/")[2])) == wanted, "byte for byte"
    assert there.visitor(raiser).get(kept.paths[0]).status_code == 200, "with a code that was sent"
    there.deliver()
    assert len(there.smtp.received) == posted + 1, "and nothing else was"
    health = there.visitor(raiser).get("/health/work")
    assert (health.status_code, health.get_json()["mail"]) == (503, "on hold")
    assert "Emails are delayed" in there.visitor(raiser).get("/escalations").text
    with there.workshop.reading() as work:
        waiting = on_hold(work)
        assert waiting is not None
        assert sum(each.count for each in waiting.owed) > 0
    with there.workshop.writing() as work:
        let_go(work)
    there.deliver()
    once = len(there.smtp.received)
    assert once > posted + 1
    there.deliver()
    assert len(there.smtp.received) == once
    kept.here.deliver()
    assert path


def test_what_was_destroyed_is_nowhere_and_everything_else_is_as_it_was(
    kept: Kept, request: pytest.FixtureRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    here, database_url, (path, other) = kept.here, kept.url, kept.paths
    escalation, stays = (UUID(each.rpartition("/")[2]) for each in (path, other))
    unit = here.visitor(person(here, "unit@board"))
    unit.get("/register/keeping/rules/escalation")
    asked = {"how_long": "for_a_time", "length": "6", "counted_from": "last_record", "warning_days": "30"}
    assert unit.post("/register/keeping/rules/escalation", {**asked, "length": "six"}).status_code == 422
    assert unit.post("/register/keeping/rules/escalation", asked).status_code == 303
    days_pass(here, 6 * 366)
    here.deliver()
    unit = fresh(here, "unit@board")
    page = unit.get("/register/keeping").text
    assert "Not before" in page
    assert "Make a list" not in page
    unit.get("/register/keeping/holds/new")
    held = {"reference": reference(here, stays), "because": "court", "sentence": "A hearing in spring."}
    assert unit.post("/register/keeping/holds/new", {**held, "reference": "OAK-0"}).status_code == 422
    assert unit.post("/register/keeping/holds/new", held).status_code == 303
    days_pass(here, 31)
    before, documents = traces(here, escalation), digests(here, stays)
    assert len(before) > 5
    assert any(each in on_disk(database_url, request) for each in before), "what is looked for could be found"

    unit = fresh(here, "unit@board")
    page = unit.get("/register/keeping").text
    assert re.findall(r'name="escalation"\s+type="checkbox"\s+value="([^"]+)"', page) == [str(escalation)]
    made = unit.post("/register/keeping/lists", {"escalation": str(escalation)})
    assert made.status_code == 303
    where = made.location
    assert "Somebody else of the business unit" in unit.get(where).text
    assert unit.post(f"{where}/confirm").status_code == 409
    chair = fresh(here, "chair@board")
    assert "cannot be brought back" in chair.get(f"{where}/confirm").text
    assert chair.post(f"{where}/confirm").status_code == 303
    here.deliver()

    certificate = chair.get(f"{where}/certificate")
    assert certificate.mimetype == "text/plain"
    assert "escalations: 1" in certificate.text
    assert "Certificate of destruction 1" in chair.get(where).text
    raiser = fresh(here, here.boards[POLICY].raiser.email.partition(".")[0])
    assert raiser.get(path).status_code == 404
    assert path not in raiser.get("/escalations").text
    assert raiser.get(other).status_code == 200
    assert digests(here, stays) == documents, "byte for byte"
    remains = on_disk(database_url, request)
    left = [each for each in before if each in remains]
    assert left == [] or (not database_url.startswith("sqlite") and before[-1] not in left), len(left)
    everything = remains + caplog.text.encode() + certificate.data
    everything += b"" if database_url.startswith("sqlite") else dumped(database_url, request)
    everything += b"".join(each.read_bytes() for each in tmp_path.rglob("*") if each.is_file())
    for name in LOOKED_FOR:
        assert name.encode() not in everything


def reference(here: Town, escalation: UUID) -> str:
    with here.workshop.reading() as work:
        return work.session.get_one(Escalation, escalation).reference
