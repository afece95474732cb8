"""A real worker that reads a mailbox, told of it by its environment alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.workers import Surroundings, wait_until, working
from tests.mail.test_mailbox import left, made_maildir, put

CANARY = "Zephyrine Quillfeather"


def test_a_worker_reads_the_mailbox_of_its_settings_and_logs_nothing_of_it(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maildir = made_maildir(tmp_path)
    letter = f"Subject: {CANARY}\r\nFrom: {CANARY} <quillfeather@elsewhere.example>\r\n\r\nAbout {CANARY}.\r\n".encode()
    put(maildir, letter, b"Content-Type: multipart/report; boundary=b\r\n" + letter)
    monkeypatch.setenv("BOUNCE_MAILBOX", f"maildir://{maildir}")

    with working(Surroundings(sqlite_url, f"sqlite:///{tmp_path / 'huey.db'}"), processes=1) as worker:
        wait_until(lambda: len(list((maildir / "cur").iterdir())) == 2, seconds=30)
        worker.stop()

    assert [is_read for _, is_read in left(maildir)] == [True, True]
    said = "".join(worker.said)
    assert "mailbox_read" in said
    assert "quillfeather" not in said.lower()
