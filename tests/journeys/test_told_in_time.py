"""A hard refusal reaches those who can ring the recipient within a minute: the worker as it runs in earnest, and its own clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.journeys.workers import Surroundings, wait_until, working
from tests.mail.owed import Office, Recipient, add_officer, open_office, owe_document
from tests.smtp import SmtpServer

FOUR = [Recipient(f"{name}@brackenshire.example") for name in ("one", "two", "three", "four")]
TOLD = ("perdita.quennell@brackenshire.example", "unit@brackenshire.example")
"""Who recorded it, and the business unit."""


@pytest.fixture
def office(sqlite_url: str) -> Iterator[Office]:
    with open_office(sqlite_url) as opened:
        opened.clock.now = datetime.now(UTC)
        add_officer(opened)
        yield opened


def test_a_refusal_is_told_within_a_minute(
    office: Office, sqlite_url: str, tmp_path: Path, smtp_server: SmtpServer
) -> None:
    smtp_server.refuse(FOUR[1].address)
    owe_document(office, FOUR)

    with working(Surroundings(sqlite_url, f"sqlite:///{tmp_path / 'queue' / 'huey.db'}", smtp_server.port)):
        took = wait_until(lambda: all(smtp_server.sent_to(address) for address in TOLD), seconds=60)
        smtp_server.wait_for(5)

    assert took < 60
    assert sorted(one.rcpt_tos[0] for one in smtp_server.received) == sorted(
        [*(each.address for each in FOUR if each is not FOUR[1]), *TOLD]
    )
