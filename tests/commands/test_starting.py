"""Starting the web service and the worker: what is wrong with their surroundings is a sentence, and they do not start."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from forms_app.commands import main
from forms_app.db.database import Database
from forms_app.db.faults import DatabaseFault
from forms_app.db.migrate import downgrade, migrate, require_newest
from forms_app.settings import settings_from
from tests.architecture.tree import PROJECT
from tests.factories.certificates import certificate
from tests.factories.keys import KEYS, SEALING_KEYS
from tests.policies.small import SMALL
from tests.ports import free_port
from tests.postgres import LOGIN

COMMANDS = ("run", "worker")
WRONG = f"tests:{base64.b64encode(b'elsewise' * 4).decode()}"
SETTINGS = {
    "SECRET_KEY": "invented" * 8,
    "SEALING_KEYS": SEALING_KEYS,
    "SERVICE_URL": "http://escalations.example",
    "MAIL_SENDER": "a@b.example",
}


def start(command: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    bind = ["--bind", f"127.0.0.1:{free_port()}"] if command == "run" else []
    script = f"import sys; from forms_app.commands import main; sys.exit(main({[command, *bind]!r}))"
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        timeout=60,
        env={**kept, **SETTINGS, "HUEY_URL": f"sqlite:///{folder / 'huey.db'}", **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def refused(finished: subprocess.CompletedProcess[str]) -> str:
    assert finished.returncode == 1
    assert "Traceback" not in finished.stderr
    assert finished.stderr.count("forms-app: ") == 1
    return finished.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_on_a_database_that_was_never_migrated_it_says_what_to_run(
    command: str, tmp_path: Path, empty_database_url: str
) -> None:
    assert "Run `forms-app migrate` first" in refused(start(command, tmp_path, DATABASE_URL=empty_database_url))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_kind_of_database_names_the_setting(command: str, tmp_path: Path) -> None:
    said = refused(start(command, tmp_path, DATABASE_URL="mysql://somebody:secret@nowhere/forms"))

    assert "DATABASE_URL names no database" in said
    assert "secret" not in said


def test_a_worker_whose_database_cannot_be_reached_says_so_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://somebody:very-secret@127.0.0.1:{free_port()}/forms"

    said = refused(start("worker", tmp_path, DATABASE_URL=url))

    assert "See that it can be reached and that DATABASE_URL is right" in said
    assert "very-secret" not in said


def test_a_worker_refuses_a_policy_that_no_document_could_print(tmp_path: Path, sqlite_url: str) -> None:
    (tmp_path / "ours.yaml").write_text(SMALL.replace("title: ", "title: سلام ", 1), "utf-8")

    said = refused(start("worker", tmp_path, DATABASE_URL=sqlite_url, POLICY_FOLDERS=f'["{tmp_path}"]'))

    assert "ours.yaml: 1 to mend" in said
    assert "line 3: title: “س” cannot be printed in a document" in said


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("key", ["", "aW52ZW50ZWQ=", "no base64 at all, but long enough for a key"])
def test_a_signing_key_that_is_none_is_named_with_how_to_make_one(command: str, key: str, tmp_path: Path) -> None:
    said = refused(start(command, tmp_path, SIGNING_KEY=key))

    assert "SIGNING_KEY: write 32 random bytes in base64: openssl rand -base64 32" in said
    assert key == "" or key not in said


@pytest.mark.parametrize("command", COMMANDS)
def test_a_setting_of_yes_or_no_takes_nothing_else(command: str, tmp_path: Path) -> None:
    assert "ENCRYPT_ATTACHMENTS: Input should be a valid boolean" in refused(
        start(command, tmp_path, ENCRYPT_ATTACHMENTS="perhaps")
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_to_seal_with_that_is_not_there_is_named(command: str, tmp_path: Path) -> None:
    said = refused(start(command, tmp_path, PDF_SIGNING_KEY=str(tmp_path / "none.p12")))

    assert "PDF_SIGNING_KEY: Path does not point to a file" in said


def test_a_worker_whose_file_to_seal_with_does_not_open_says_so(tmp_path: Path, sqlite_url: str) -> None:
    file = certificate(tmp_path).file
    given = {"DATABASE_URL": sqlite_url, "PDF_SIGNING_KEY": str(file), "PDF_SIGNING_PASSPHRASE": "not the one"}

    said = refused(start("worker", tmp_path, **given))

    assert "PDF_SIGNING_KEY: it is not a PKCS#12 file, or the passphrase is another." in said
    assert "not the one" not in said


@pytest.mark.usefixtures("migrated_postgres")
def test_a_database_is_new_enough_from_the_newest_migration_on(empty_database_url: str) -> None:
    of_service = re.sub(r"//[^/@]+@", f"//{LOGIN}@", empty_database_url)
    migrate(empty_database_url, KEYS)
    require_newest(of_service)

    downgrade(empty_database_url, KEYS, "0015")
    with pytest.raises(DatabaseFault, match="forms-app migrate"):
        require_newest(empty_database_url)

    migrate(empty_database_url, KEYS)
    database = Database(empty_database_url, KEYS)
    with database.writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    require_newest(of_service)


# --- the keys of what is sealed ---


@pytest.mark.parametrize("command", COMMANDS)
def test_with_the_wrong_keys_nothing_starts(command: str, tmp_path: Path, sqlite_url: str) -> None:
    said = refused(start(command, tmp_path, DATABASE_URL=sqlite_url, SEALING_KEYS=WRONG))

    assert "SEALING_KEYS: the key “tests” is not the one with which this database was sealed" in said
    assert WRONG.partition(":")[2] not in said


@pytest.mark.parametrize("keys", ["", "tests", "tests:aW52ZW50ZWQ=", f"{SEALING_KEYS},{SEALING_KEYS}"])
def test_keys_that_are_none_are_named_with_how_to_make_one(keys: str) -> None:
    with pytest.raises(ValidationError, match="write name:key, as `forms-app keys new` prints it") as refusal:
        settings_from({**SETTINGS, "SEALING_KEYS": keys})

    assert len(keys) < 10 or keys not in str(refusal.value)


def told(monkeypatch: pytest.MonkeyPatch, *words: str, **settings: str) -> int:
    """The same command in this process, which is quicker."""
    for name, value in {**SETTINGS, **settings}.items():
        monkeypatch.setenv(name, value)
    return main(words)


def test_a_command_does_nothing_with_the_wrong_keys(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"DATABASE_URL": sqlite_url, "SEALING_KEYS": WRONG.replace("tests:", "another:")}

    assert told(monkeypatch, "boards", "leaver", "a@b.example", **given) == 1

    assert "SEALING_KEYS lacks the key “tests”" in capsys.readouterr().err


def test_keys_are_made_and_changed_while_the_old_ones_still_open(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told(monkeypatch, "keys", "new")
    new = capsys.readouterr().out.strip()
    name = new.partition(":")[0]

    assert told(monkeypatch, "keys", "rotate", DATABASE_URL=sqlite_url, SEALING_KEYS=f"{new},{SEALING_KEYS}") == 0
    rotated = capsys.readouterr().out
    assert told(monkeypatch, "keys", "rotate", DATABASE_URL=sqlite_url, SEALING_KEYS=new) == 0
    again = capsys.readouterr().out
    assert told(monkeypatch, "keys", "rotate", DATABASE_URL=sqlite_url) == 1

    assert f"2 data keys were wrapped anew. “{name}” now wraps all 2." in rotated
    assert "Nothing in this database needs “tests” or “next” any more." in rotated
    assert again == f"0 data keys were wrapped anew. “{name}” now wraps all 2.\n"
    assert f"SEALING_KEYS lacks the key “{name}”" in capsys.readouterr().err
