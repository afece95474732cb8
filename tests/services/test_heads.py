"""The head of the trail leaves the database: every hour into a file, and every week to people's mailboxes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from forms_app.commands import main
from forms_app.db.outbox import STANDING, Claim, OutboxKind
from forms_app.db.tables import Person
from forms_app.db.verify_trail import heads_of, rows_of, verify
from forms_app.mail.compose import Message
from forms_app.services import heads
from forms_app.services.auditing import export_trail
from forms_app.services.outbox import Desk, run_due
from forms_app.services.regular import NOTHING, owe_regular_work
from tests.factories.received import issue_quickly
from tests.factories.scenes import Scene, scene
from tests.factories.sending import Sending
from tests.mail.owed import LETTERHEAD

CLAIM = Claim(uuid4(), "publish_head", NOTHING, 1, "w1")


@dataclass
class Office:
    scene: Scene
    sending: Sending
    file: Path

    def work(self) -> None:
        """A round of the worker: what is due, and nothing else."""
        owe_regular_work(self.scene.workshop, reads_bounces=False, publishes_heads=True)
        run_due(self.scene.workshop, "w1", Desk(self.sending, LETTERHEAD, issue_quickly, heads=self.file), most=500)

    def lines(self) -> list[tuple[int, str]]:
        return [(each.count, each.hash) for each in heads_of(self.file)] if self.file.exists() else []

    def write(self) -> None:
        with self.scene.workshop.writing() as work:
            work.note("signed_in")

    def head(self) -> tuple[int, str]:
        with self.scene.database.reading() as session:
            found = session.execute(text("SELECT count, hash FROM trail_head")).one()
        return found[0], found[1]


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    with scene(database_url, "hull") as here:
        yield Office(here, Sending(here), tmp_path / "heads.jsonl")


def test_the_head_is_published_every_hour_when_it_has_moved(office: Office) -> None:
    office.write()
    expected = office.head()
    office.work()
    assert office.lines() == [expected]

    office.write()
    office.work()
    assert office.lines() == [expected], "not yet"

    office.scene.clock.forward(hours=1)
    moved = office.head()
    office.work()
    assert office.lines() == [expected, moved]
    assert set(json.loads(office.file.read_text().splitlines()[0])) == {"count", "hash", "at"}


def test_where_nothing_happened_nothing_is_published(office: Office) -> None:
    office.write()
    for _ in range(3):
        heads.publish_head(office.scene.workshop, CLAIM, office.file)

    assert office.lines() == [office.head()]


def test_a_trail_that_is_not_that_of_the_file_is_not_published(office: Office) -> None:
    office.file.write_text('{"count": 1, "hash": "' + "a" * 64 + '", "at": "x"}\n')
    office.write()
    before = office.file.read_text()

    with pytest.raises(heads.HeadsDisagree):
        heads.publish_head(office.scene.workshop, CLAIM, office.file)

    assert office.file.read_text() == before
    assert OutboxKind.PUBLISH_HEAD in STANDING, "so that it fails again and again, and a monitor hears of it"


def test_it_goes_to_the_leads_and_the_unit_once_a_week_with_the_count_and_the_hash(office: Office) -> None:
    office.work()
    office.scene.clock.forward(days=6)
    office.work()
    assert _heads_in(office) == []

    office.scene.clock.forward(days=1, minutes=1)
    office.work()
    found = _heads_in(office)
    with office.scene.database.reading() as session:
        people = session.scalars(select(Person)).all()
        told = {each.email for each in people if each.level == "safeguarding_lead" or each.seat == "business_unit"}
    assert {each.to for each in found} == told
    for each in found:
        lines = each.body.splitlines()
        count = next(int(line) for line in lines if line.isdigit())
        last = next(line for line in lines if len(line) == 64 and line.isalnum())
        rows, _ = rows_of(office.scene.database.engine.url.render_as_string(hide_password=False))
        assert any((row.number, row.hash) == (count, last) for row in rows)
    office.work()
    assert len(_heads_in(office)) == len(found)


def _heads_in(office: Office) -> list[Message]:
    return [each for each in office.sending.posted if each.message_id.startswith("trail_head.")]


# --- the command ---


def test_the_published_heads_agree_with_the_trail_and_the_export_is_as_good_as_the_database(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office.write()
    office.work()
    url = office.scene.database.engine.url.render_as_string(hide_password=False)

    assert main(["audit", "verify", url, "--heads", str(office.file)]) == 0
    assert "1 published heads agree" in capsys.readouterr().out
    with office.scene.workshop.reading() as work:
        (tmp_path / "trail.jsonl").write_text("".join(f"{line}\n" for line in export_trail(work)))
    assert main(["audit", "verify", str(tmp_path / "trail.jsonl"), "--heads", str(office.file)]) == 0
    rows, own_head = rows_of(str(tmp_path / "trail.jsonl"))
    assert own_head is None
    assert verify(rows).fault is None

    lines = (tmp_path / "trail.jsonl").read_text().splitlines()
    (tmp_path / "short.jsonl").write_text("\n".join(lines[1:]))
    assert main(["audit", "verify", str(tmp_path / "short.jsonl"), "--heads", str(office.file)]) == 1
    assert "BAD: row 1:" in capsys.readouterr().out
