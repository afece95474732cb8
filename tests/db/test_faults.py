"""A database that cannot be used is told of in a sentence, without its password."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from forms_app.db.database import Database
from forms_app.db.faults import DatabaseFault, faults_told
from forms_app.db.migrate import migrate
from tests.db.test_database import board, codes
from tests.factories.keys import KEYS
from tests.ports import free_port


@pytest.mark.parametrize("url", ["", "banana", "mysql://somewhere/else", "postgresql://host:port/name"])
def test_a_url_of_no_known_kind_names_the_setting(url: str) -> None:
    with pytest.raises(DatabaseFault, match="DATABASE_URL names no database"), faults_told(url):
        pytest.fail("a database was looked for")


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    url = f"postgresql://someone:very-secret@127.0.0.1:{free_port()}/forms"

    with pytest.raises(DatabaseFault, match=r"127\.0\.0\.1.*refused.*DATABASE_URL") as caught, faults_told(url):
        migrate(url, KEYS)
    assert "very-secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear Board,\n" * 100)

    with pytest.raises(DatabaseFault, match=r"letter\.txt.*not a database"), faults_told(f"sqlite:///{file}"):
        migrate(f"sqlite:///{file}", KEYS)


def test_the_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'var' / 'here' / 'forms.db'}"

    with faults_told(url):
        migrate(url, KEYS)

    assert (tmp_path / "var" / "here" / "forms.db").exists()


def test_a_database_that_was_never_migrated_says_what_to_run(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"

    with pytest.raises(DatabaseFault, match="forms-app migrate"), faults_told(url):
        codes(Database(url, KEYS))


def test_a_fault_of_what_is_written_is_not_blamed_on_the_database(database_url: str) -> None:
    database = Database(database_url, KEYS)

    with pytest.raises(IntegrityError), faults_told(database_url), database.writing() as session:
        session.add_all([board(), board()])
    database.close()
