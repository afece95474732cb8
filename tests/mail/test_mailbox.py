"""Reading the mailbox at which messages come back, on a real IMAP server, in a real Maildir, and where neither is in order."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from imapclient import IMAPClient
from pydantic import ValidationError

from forms_app.commands.worker import mailbox
from forms_app.mail import mailbox as reading
from forms_app.mail.bounces import MOST_BYTES
from forms_app.mail.mailbox import Mailbox, MailboxFault
from forms_app.settings import SettingsFault, settings_from
from tests.factories.keys import SEALING_KEYS
from tests.mail.imap import PASSWORD, USER, imap_server, talking
from tests.mail.servers import ELSEWHERE, LOCALHOST
from tests.ports import free_port

FIRST, SECOND, THIRD = (b"Subject: %s\r\n\r\nText\r\n" % name for name in (b"first", b"second", b"third"))


@dataclass(frozen=True)
class Kept:
    """A mailbox that really is somewhere, as it is read and as it is filled and looked at."""

    mailbox: Mailbox
    put: Callable[..., None]
    left: Callable[[], list[tuple[bytes, bool]]]


@contextmanager
def by_imap(_: Path) -> Iterator[Kept]:
    with imap_server(LOCALHOST) as server:
        yield Kept(Mailbox(server.url, PASSWORD, 5, LOCALHOST), server.put, server.left)


@contextmanager
def in_a_maildir(folder: Path) -> Iterator[Kept]:
    maildir = made_maildir(folder)
    yield Kept(
        Mailbox(maildir.as_uri().replace("file:", "maildir:")), lambda *all_: put(maildir, *all_), lambda: left(maildir)
    )


def made_maildir(folder: Path) -> Path:
    maildir = folder / "came back"
    for part in ("new", "cur", "tmp"):
        (maildir / part).mkdir(parents=True)
    return maildir


def put(maildir: Path, *messages: bytes) -> None:
    """As a mail server does it: written in full first, and then moved."""
    for message in messages:
        name = f"{1795426272 + len(list(maildir.rglob('*.forms.example*')))}.M1P1.forms.example"
        (maildir / "tmp" / name).write_bytes(message)
        (maildir / "tmp" / name).rename(maildir / "new" / name)


def left(maildir: Path) -> list[tuple[bytes, bool]]:
    files = sorted((file for part in ("new", "cur") for file in (maildir / part).iterdir()), key=lambda file: file.name)
    return [
        (file.read_bytes().partition(b"Subject: ")[2].partition(b"\r\n")[0], file.name.endswith(":2,S"))
        for file in files
    ]


@pytest.fixture(params=[by_imap, in_a_maildir], ids=["imap", "maildir"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    opened: AbstractContextManager[Kept] = request.param(tmp_path)
    with opened as kept:
        yield kept


def test_what_nobody_has_read_comes_once_the_oldest_first(kept: Kept) -> None:
    kept.put(FIRST, SECOND, THIRD)

    with kept.mailbox.opened() as letters:
        found = list(letters.unread(2))
        assert [letter.beginning for letter in found] == [FIRST, SECOND]
        letters.remove(found[0])
        letters.leave(found[1])
    assert kept.left() == [(b"second", True), (b"third", False)]

    with kept.mailbox.opened() as letters:
        assert [letter.beginning for letter in letters.unread(9)] == [THIRD]


def test_reading_alone_changes_nothing(kept: Kept) -> None:
    kept.put(FIRST, SECOND)

    for _ in range(2):
        with kept.mailbox.opened() as letters:
            assert [letter.beginning for letter in letters.unread(9)] == [FIRST, SECOND]

    assert kept.left() == [(b"first", False), (b"second", False)]


def test_of_a_large_message_only_the_beginning_is_fetched(kept: Kept) -> None:
    kept.put(FIRST + b"x" * 3 * MOST_BYTES)

    with kept.mailbox.opened() as letters:
        (letter,) = letters.unread(9)

    assert len(letter.beginning) == MOST_BYTES


def test_what_somebody_else_took_away_meanwhile_is_no_fault(kept: Kept) -> None:
    kept.put(FIRST, SECOND)

    with kept.mailbox.opened() as letters, kept.mailbox.opened() as others:
        found = letters.unread(9)
        first = next(found)
        for letter in list(others.unread(9)):
            others.remove(letter)
        for letter in (first, *found):
            letters.leave(letter)
            letters.remove(letter)

    assert kept.left() == []


def test_an_empty_mailbox_is_in_order(kept: Kept) -> None:
    with kept.mailbox.opened() as letters:
        assert list(letters.unread(9)) == []


def test_a_server_that_cannot_remove_one_message_alone_removes_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IMAPClient, "has_capability", lambda _, name: name != "UIDPLUS")
    with imap_server(LOCALHOST) as server:
        server.put(FIRST, SECOND)
        with Mailbox(server.url, PASSWORD, 5, LOCALHOST).opened() as letters:
            letters.remove(next(letters.unread(1)))
        assert server.left() == [(b"second", False)]


def test_on_this_machine_a_mailbox_can_be_read_in_the_clear() -> None:
    with imap_server() as server:
        server.put(FIRST)
        with Mailbox(server.url, PASSWORD, 5).opened() as letters:
            assert [letter.beginning for letter in letters.unread(9)] == [FIRST]


def test_what_a_maildir_has_beside_messages_is_not_read(tmp_path: Path) -> None:
    maildir = made_maildir(tmp_path)
    put(maildir, FIRST)
    (maildir / "tmp" / "half.written").write_bytes(SECOND)
    (maildir / "new" / "folder").mkdir()
    (maildir / "cur" / "answered.forms.example:2,RS").write_bytes(SECOND)
    (maildir / "cur" / "flagged.forms.example:2,F").write_bytes(THIRD)

    with Mailbox(f"maildir://{maildir}").opened() as letters:
        found = list(letters.unread(9))
        assert [letter.beginning for letter in found] == [FIRST, THIRD]
        letters.leave(found[1])

    assert (maildir / "cur" / "flagged.forms.example:2,FS").read_bytes() == THIRD


# --- what can be wrong ---


def fault_of(mailbox: Mailbox) -> str:
    with pytest.raises(MailboxFault) as fault, mailbox.opened() as letters:
        list(letters.unread(9))
    assert USER not in str(fault.value)
    assert PASSWORD not in str(fault.value)
    return str(fault.value)


def test_a_wrong_password_is_said() -> None:
    with imap_server(LOCALHOST) as server:
        assert "check BOUNCE_MAILBOX and BOUNCE_PASSWORD" in fault_of(Mailbox(server.url, "another", 5, LOCALHOST))


def test_a_folder_that_is_not_there_is_said() -> None:
    with imap_server(LOCALHOST) as server:
        url = server.url.replace("INBOX", "Nowhere")
        assert "check the folder in BOUNCE_MAILBOX" in fault_of(Mailbox(url, PASSWORD, 5, LOCALHOST))


@pytest.mark.parametrize(("own", "trusted"), [(LOCALHOST, None), (LOCALHOST, ELSEWHERE), (ELSEWHERE, ELSEWHERE)])
def test_a_server_whose_certificate_is_not_right_is_not_given_the_password(own: Path, trusted: Path | None) -> None:
    with imap_server(own) as server:
        assert "certificate" in fault_of(Mailbox(server.url, PASSWORD, 5, trusted))


def test_a_server_that_does_not_encrypt_is_not_given_the_password() -> None:
    with imap_server() as server:
        assert fault_of(Mailbox(server.url.replace("imap:", "imaps:"), PASSWORD, 5, LOCALHOST))


def test_a_server_that_is_away_is_said() -> None:
    assert "could not be reached" in fault_of(Mailbox(f"imap://u@localhost:{free_port()}", "p", 1))


@pytest.mark.parametrize(
    "says",
    [
        [b""],
        [b"* OK ready\r\n"],
        [b"220 mail.example ESMTP\r\n"],
        [b"* BYE not today\r\n"],
        [b"\xff\xfe\x00\r\n" * 50],
        [b"* OK [CAPABILITY IMAP4rev1] ready\r\n", b"* {99999999999999}\r\n" * 3],
        [b"* OK [CAPABILITY IMAP4rev1] ready\r\n" + b"* " + b"(" * 100_000 + b"\r\n"],
    ],
)
def test_a_server_that_talks_nonsense_or_not_at_all_is_said(says: list[bytes]) -> None:
    with talking(says) as port:
        began = time.monotonic()
        assert fault_of(Mailbox(f"imap://u@127.0.0.1:{port}", "p", 0.2))
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("greeting", [b"", b"* OK [CAPABILITY IMAP4rev1] ready\r\n"])
def test_a_server_that_says_a_byte_now_and_then_is_cut_off(monkeypatch: pytest.MonkeyPatch, greeting: bytes) -> None:
    monkeypatch.setattr(reading, "LONGEST_SECONDS", 0.3)

    with talking([greeting, *[b"x"] * 200], pause=0.05) as port:
        began = time.monotonic()
        assert fault_of(Mailbox(f"imap://u@127.0.0.1:{port}", "p", 2))
        took = time.monotonic() - began

    assert took < 6


@pytest.mark.parametrize("missing", ["new", "cur", ""])
def test_what_is_no_maildir_is_said(tmp_path: Path, missing: str) -> None:
    maildir = made_maildir(tmp_path)
    (maildir / missing).rename(tmp_path / "away")

    assert "no Maildir" in fault_of(Mailbox(f"maildir://{maildir}"))


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_maildir_that_may_not_be_changed_is_said(tmp_path: Path) -> None:
    maildir = made_maildir(tmp_path)
    put(maildir, FIRST)
    (maildir / "new").chmod(0o500)

    with Mailbox(f"maildir://{maildir}").opened() as letters:
        (letter,) = letters.unread(9)
        with pytest.raises(MailboxFault, match="read or changed"):
            letters.remove(letter)


# --- the settings ---

SETTINGS = {
    "SECRET_KEY": "invented" * 8,
    "SEALING_KEYS": SEALING_KEYS,
    "SERVICE_URL": "https://forms.example",
    "MAIL_SENDER": "no-reply@forms.example",
}


@pytest.mark.parametrize(
    "url",
    [
        "imaps://bounces@imap.example/INBOX",
        "imaps://bounces%40forms.example@imap.example",
        "imaps://bounces@forms.example@imap.example:1993/Came%20back",
        "imap://bounces@127.0.0.1:1143/INBOX",
        "imap://bounces@[::1]/INBOX",
        "maildir:///var/mail/came%20back",
    ],
)
def test_where_a_mailbox_can_be(url: str) -> None:
    settings = settings_from({**SETTINGS, "BOUNCE_MAILBOX": url, "BOUNCE_PASSWORD": PASSWORD})

    assert mailbox(settings) == Mailbox(url, PASSWORD)
    assert PASSWORD not in repr(mailbox(settings))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("imap://bounces@imap.example/INBOX", "never sent in the clear"),
        ("imap://bounces@localhost.example/INBOX", "never sent in the clear"),
        ("imaps://bounces:secret@imap.example/INBOX", "BOUNCE_PASSWORD"),
        ("imaps://imap.example/INBOX", "write imaps://"),
        ("imaps://bounces@/INBOX", "write imaps://"),
        ("imaps://bounces@imap.example:port/INBOX", "write imaps://"),
        ("maildir://var/mail", "write imaps://"),
        ("maildir:///", "write imaps://"),
        ("pop3://bounces@imap.example", "write imaps://"),
        ("/var/mail", "write imaps://"),
        ("", "write imaps://"),
    ],
)
def test_where_a_mailbox_cannot_be_is_said_without_the_password(url: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said) as fault:
        settings_from({**SETTINGS, "BOUNCE_MAILBOX": url, "BOUNCE_PASSWORD": PASSWORD})
    assert "secret" not in str(fault.value.errors()[0]["msg"])


def test_a_worker_without_the_password_of_its_mailbox_does_not_start() -> None:
    with pytest.raises(SettingsFault, match="BOUNCE_PASSWORD"):
        mailbox(settings_from({**SETTINGS, "BOUNCE_MAILBOX": "imaps://bounces@imap.example/INBOX"}))


def test_a_maildir_has_no_password_and_no_setting_means_no_mailbox() -> None:
    assert mailbox(settings_from({**SETTINGS, "BOUNCE_MAILBOX": "maildir:///x"})) == Mailbox("maildir:///x")
    assert mailbox(settings_from(SETTINGS)) is None
