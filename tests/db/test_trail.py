"""The trail on both databases: numbered without a gap, bound entry by entry, never changed; and what is done to it is found."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from forms_app.db import trail, verify_trail
from forms_app.db.database import Database
from forms_app.db.tables import AuditEntry
from forms_app.db.verify_trail import BEFORE_THE_FIRST, Head, Row, hash_of, heads_of, rows_of, verify
from tests.factories.keys import KEYS
from tests.ports import free_port

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
VERIFIER = Path(verify_trail.__file__)
ROWS = 40
TRIES = 25


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url, KEYS)
    yield made
    made.close()


def entry(minute: int = 0, action: str = "viewed") -> AuditEntry:
    return AuditEntry(
        at=NOON + timedelta(minutes=minute, microseconds=minute),
        action=action,
        person_id=uuid4(),
        board_id=UUID(int=7),
        escalation_id=None if minute % 3 else uuid4(),
        about_id=uuid4(),
        code="pdf" if minute % 2 else None,
    )


def write(database: Database, count: int) -> None:
    for minute in range(count):
        with database.writing() as session:
            trail.note(session, entry(minute))


def written(database: Database) -> list[AuditEntry]:
    with database.reading() as session:
        found = list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
        session.expunge_all()
    return found


def judged(url: str, *heads: Head) -> verify_trail.Verdict:
    rows, own_head = rows_of(url)
    return verify(rows, heads, own_head=own_head)


# --- how it is written ---


def test_entries_are_numbered_without_a_gap_and_each_is_bound_to_the_one_before(
    database: Database, database_url: str
) -> None:
    write(database, 3)
    with database.writing() as session:
        trail.note(session, entry(4))
        trail.note(session, entry(5))

    found = written(database)
    assert [each.id for each in found] == [1, 2, 3, 4, 5]
    previous = BEFORE_THE_FIRST
    for each in found:
        assert each.hash == hash_of(previous, trail.row_of(each))
        previous = each.hash
    assert judged(database_url) == verify_trail.Verdict(5, previous, 0)


def test_what_is_undone_leaves_no_entry_and_no_gap(database: Database, database_url: str) -> None:
    write(database, 1)
    with suppress(RuntimeError), database.writing() as session:
        trail.note(session, entry(1))
        raise RuntimeError
    with database.writing() as session:
        trail.note(session, entry(2, "kept"))
        with suppress(RuntimeError), trail.undone_with(session), session.begin_nested():
            trail.note(session, entry(3, "undone"))
            raise RuntimeError

    assert [(each.id, each.action) for each in written(database)] == [(1, "viewed"), (2, "kept")]
    assert judged(database_url).fault is None


def test_what_is_written_while_it_is_read_is_no_fault(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(database, 2)

    class Meanwhile(str):
        """The columns that are asked for. Before they are, and after the head was read, somebody else writes."""

        __slots__ = ()

        def __format__(self, _: str) -> str:
            write(database, 1)
            return str(self)

    monkeypatch.setattr(verify_trail, "COLUMNS", Meanwhile(verify_trail.COLUMNS))

    assert judged(database_url).fault is None
    assert len(written(database)) == 3, "and it was written"


def test_many_at_once_leave_one_chain(database: Database, database_url: str) -> None:
    threads = [threading.Thread(target=write, args=(database, 10)) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert [each.id for each in written(database)] == list(range(1, 41))
    assert judged(database_url).fault is None


@pytest.mark.parametrize("change", ["UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries"])
def test_the_database_refuses_to_change_an_entry(database: Database, change: str) -> None:
    write(database, 1)

    with pytest.raises(DBAPIError, match=r"only ever added to|permission denied"), database.writing() as session:
        session.execute(text(change))

    assert [each.action for each in written(database)] == ["viewed"]


# --- what is done to it ---


@dataclass
class Attacker:
    """Somebody who can write to the file, and knows how it is made."""

    file: Path
    dice: random.Random
    older: Path

    def __post_init__(self) -> None:
        with self.connected() as connection:
            for name in ("update", "delete"):
                connection.execute(f"DROP TRIGGER audit_entries_no_{name}")
            connection.commit()

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.file)) as connection:
            connection.execute("PRAGMA synchronous=OFF")
            yield connection

    def do(self, *statements: str) -> None:
        with self.connected() as connection:
            for each in statements:
                connection.execute(each)
            connection.commit()

    def row(self, last: int = ROWS) -> int:
        return self.dice.randint(1, last)

    def rows(self) -> list[Row]:
        return list(rows_of(str(self.file))[0])

    def write_anew(self, rows: list[Row]) -> None:
        """As a chain without a fault: each numbered and bound anew, and the database's own head with it."""
        previous, bound = BEFORE_THE_FIRST, []
        for number, each in enumerate(rows, 1):
            each = replace(each, number=number)
            previous = hash_of(previous, each)
            bound.append(replace(each, hash=previous, at=each.at.replace("T", " ").removesuffix("Z")))
        with self.connected() as connection:
            connection.execute("DELETE FROM audit_entries")
            connection.executemany(
                f"INSERT INTO audit_entries ({verify_trail.COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)",  # noqa: S608
                [tuple(asdict(each).values()) for each in bound],
            )
            connection.execute("UPDATE trail_head SET count = ?, hash = ?", (len(bound), previous))
            connection.commit()


def edits(attacker: Attacker) -> None:
    field, value = attacker.dice.choice(
        [
            ("action", "'signed_in'"),
            ("code", "'docx'"),
            ("at", "'2026-01-01 00:00:00.000000'"),
            ("person_id", "lower(hex(randomblob(16)))"),
            ("escalation_id", "lower(hex(randomblob(16)))"),
            ("board_id", "NULL"),
            ("about_id", "NULL"),
            ("hash", "lower(hex(randomblob(32)))"),
            ("person_id", "upper(person_id)"),
        ]
    )
    attacker.do(f"UPDATE audit_entries SET {field} = {value} WHERE id = {attacker.row()}")  # noqa: S608


def deletes_one(attacker: Attacker) -> None:
    attacker.do(f"DELETE FROM audit_entries WHERE id = {attacker.row(ROWS - 1)}")  # noqa: S608


def deletes_one_and_numbers_anew(attacker: Attacker) -> None:
    row = attacker.row(ROWS - 1)
    attacker.do(
        f"DELETE FROM audit_entries WHERE id = {row}",  # noqa: S608
        f"UPDATE audit_entries SET id = -id WHERE id > {row}",  # noqa: S608
        "UPDATE audit_entries SET id = -id - 1 WHERE id < 0",
        f"UPDATE trail_head SET count = {ROWS - 1}",  # noqa: S608
    )


def deletes_the_tail(attacker: Attacker) -> None:
    attacker.do(f"DELETE FROM audit_entries WHERE id >= {attacker.row()}")  # noqa: S608


def deletes_the_tail_and_moves_the_head(attacker: Attacker) -> None:
    attacker.write_anew(attacker.rows()[: attacker.row() - 1])


def swaps(attacker: Attacker) -> None:
    one = attacker.dice.randint(1, ROWS - 1)
    other = attacker.dice.randint(one + 1, ROWS)
    attacker.do(
        f"UPDATE audit_entries SET id = -1 WHERE id = {one}",  # noqa: S608
        f"UPDATE audit_entries SET id = {one} WHERE id = {other}",  # noqa: S608
        f"UPDATE audit_entries SET id = {other} WHERE id = -1",  # noqa: S608
    )


def inserts(attacker: Attacker) -> None:
    row = attacker.row()
    attacker.do(
        f"UPDATE audit_entries SET id = -id WHERE id >= {row}",  # noqa: S608
        "UPDATE audit_entries SET id = -id + 1 WHERE id < 0",
        f"INSERT INTO audit_entries SELECT {row}, at, action, person_id, board_id, escalation_id, about_id, code, hash "  # noqa: S608
        f"FROM audit_entries WHERE id = {row + 1}",
        f"UPDATE trail_head SET count = {ROWS + 1}",  # noqa: S608
    )


def inserts_and_binds_anew(attacker: Attacker) -> None:
    rows, place = (
        attacker.rows(),
        attacker.row() - 1,
    )  # after the last published head it would be an entry like any other
    attacker.write_anew([*rows[:place], replace(rows[0], action="signed_in"), *rows[place:]])


def changes_and_binds_anew(attacker: Attacker) -> None:
    rows, place = attacker.rows(), attacker.row()
    rows[place - 1] = replace(rows[place - 1], person=uuid4().hex)
    attacker.write_anew(rows)


def deletes_one_and_binds_anew(attacker: Attacker) -> None:
    rows = attacker.rows()
    del rows[attacker.row() - 1]
    attacker.write_anew(rows)


def restores_an_older_copy(attacker: Attacker) -> None:
    shutil.copyfile(attacker.older, attacker.file)


def restores_an_older_copy_and_works_on(attacker: Attacker) -> None:
    shutil.copyfile(attacker.older, attacker.file)
    made = Database(f"sqlite:///{attacker.file}", KEYS)
    with made.writing() as session:
        for minute in range(ROWS):
            trail.note(session, entry(minute))
    made.close()


def empties_it(attacker: Attacker) -> None:
    attacker.write_anew([])


def appends_without_binding(attacker: Attacker) -> None:
    attacker.do(
        f"INSERT INTO audit_entries SELECT {ROWS + 1}, at, action, person_id, board_id, escalation_id, about_id, code, hash "  # noqa: S608
        f"FROM audit_entries WHERE id = {attacker.row()}",
        f"UPDATE trail_head SET count = {ROWS + 1}",  # noqa: S608
    )


TAMPERING: tuple[Callable[[Attacker], None], ...] = (
    edits,
    deletes_one,
    deletes_one_and_numbers_anew,
    deletes_the_tail,
    deletes_the_tail_and_moves_the_head,
    swaps,
    inserts,
    inserts_and_binds_anew,
    changes_and_binds_anew,
    deletes_one_and_binds_anew,
    restores_an_older_copy,
    restores_an_older_copy_and_works_on,
    empties_it,
    appends_without_binding,
)
HIDES_FROM_THE_CHAIN = (
    deletes_the_tail_and_moves_the_head,
    inserts_and_binds_anew,
    changes_and_binds_anew,
    deletes_one_and_binds_anew,
    restores_an_older_copy,
    restores_an_older_copy_and_works_on,
    empties_it,
)


@dataclass(frozen=True)
class Kept:
    """A trail as it was written, an older copy of it, and what was published of it."""

    file: Path
    older: Path
    heads: tuple[Head, ...]


@pytest.fixture(scope="module")
def kept(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("trail")
    file, older, heads = folder / "trail.db", folder / "older.db", []
    shutil.copyfile(migrated_sqlite, file)
    for part in range(4):
        made = Database(f"sqlite:///{file}", KEYS)
        write(made, ROWS // 4)
        last = written(made)[-1]
        heads.append(Head(last.id, last.hash, f"line {part + 1}"))
        with made.engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        made.close()
        if part == 2:
            shutil.copyfile(file, older)
    return Kept(file, older, tuple(heads))


def attacked(kept: Kept, tamper: Callable[[Attacker], None], seed: int, folder: Path) -> Path:
    file = folder / "attacked.db"
    for each in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        each.unlink(missing_ok=True)
    shutil.copyfile(kept.file, file)
    tamper(Attacker(file, random.Random(seed), kept.older))
    return file


@pytest.mark.parametrize("tamper", TAMPERING, ids=lambda tamper: tamper.__name__)
def test_all_tampering_is_found(kept: Kept, tamper: Callable[[Attacker], None], tmp_path: Path) -> None:
    for seed in range(TRIES):
        before = list(rows_of(str(kept.file))[0])
        file = attacked(kept, tamper, seed, tmp_path)
        found = judged(str(file), *kept.heads)
        after = list(rows_of(str(file))[0])
        assert found.fault is not None, seed
        changed = next(
            (number for number, pair in enumerate(zip(before, after, strict=False), 1) if pair[0] != pair[1]), None
        )
        first = changed or min(len(before), len(after)) + 1
        assert found.row is not None
        # Of what is gone, or was bound anew, it is known only from one published head to the next.
        width = ROWS // 4 if tamper in (*HIDES_FROM_THE_CHAIN, deletes_the_tail) else 1
        assert found.row <= first < found.row + width, (seed, found)


def test_without_published_heads_a_chain_that_was_bound_anew_looks_right(kept: Kept, tmp_path: Path) -> None:
    assert judged(str(kept.file), *kept.heads).heads == 4
    for tamper in HIDES_FROM_THE_CHAIN:
        assert judged(str(attacked(kept, tamper, 1, tmp_path))).fault is None, tamper.__name__


def test_a_head_that_is_gone_or_was_published_of_something_else_is_found(kept: Kept, tmp_path: Path) -> None:
    assert "own head" in str(
        judged(str(attacked(kept, lambda each: each.do("DELETE FROM trail_head"), 1, tmp_path))).fault
    )
    assert "cannot be" in str(judged(str(kept.file), Head(-1, "a" * 64, "line 1")).fault)
    assert judged(str(kept.file), Head(0, BEFORE_THE_FIRST, "line 1")).fault is None


NEVER_WRITTEN = {
    "bytes that are no text": ("UPDATE audit_entries SET action = CAST(x'ff80' AS TEXT) WHERE id = 5", 5),
    "a blob": ("UPDATE audit_entries SET action = CAST(action AS BLOB) WHERE id = 5", 5),
    "a NUL": ("UPDATE audit_entries SET action = action || char(0) WHERE id = 5", 5),
    "a head that is no number": ("UPDATE trail_head SET count = 'many'", 0),
}


@pytest.mark.parametrize("what", NEVER_WRITTEN)
def test_what_no_entry_can_hold_is_found_at_its_row(kept: Kept, what: str, tmp_path: Path) -> None:
    """SQLite keeps anything in any column."""
    change, row = NEVER_WRITTEN[what]

    def tamper(attacker: Attacker) -> None:
        attacker.do(change)

    assert judged(str(attacked(kept, tamper, 1, tmp_path)), *kept.heads).row == row


# --- the file alone ---


def run(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """A copy of it, in a Python that sees nothing but itself."""
    copy = shutil.copy(VERIFIER, folder / "verify_trail.py")
    return subprocess.run(
        [sys.executable, "-I", "-S", str(copy), *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_the_file_imports_nothing_of_the_service_and_nothing_that_does_not_come_with_python() -> None:
    source = VERIFIER.read_text()
    imported = set(re.findall(r"^\s*(?:from|import) (\w+)", source, re.MULTILINE))
    assert imported - set(sys.stdlib_module_names) == {"psycopg"}
    assert "    import psycopg" in source, "only where somebody names a PostgreSQL database"


def test_the_file_alone_says_whether_a_trail_is_as_it_was_written(kept: Kept, tmp_path: Path) -> None:
    heads = tmp_path / "heads.jsonl"
    heads.write_text("".join(f'{{"count": {each.count}, "hash": "{each.hash}", "at": "x"}}\n' for each in kept.heads))
    assert [(each.count, each.hash) for each in heads_of(heads)] == [(each.count, each.hash) for each in kept.heads]

    good = run(kept.file, "--heads", heads, folder=tmp_path)
    assert (good.returncode, good.stderr) == (0, "")
    assert "Good: 40 entries, 4 published heads agree" in good.stdout

    bad = run(attacked(kept, edits, 3, tmp_path), "--heads", heads, folder=tmp_path)
    assert bad.returncode == 1
    assert re.match(r"BAD: row \d+: ", bad.stdout)

    gone = run(attacked(kept, changes_and_binds_anew, 3, tmp_path), folder=tmp_path)
    assert gone.returncode == 0
    assert "No published head was given" in gone.stdout
    told = run(tmp_path / "attacked.db", "--head", f"{kept.heads[-1].count}:{kept.heads[-1].hash}", folder=tmp_path)
    assert told.returncode == 1


@pytest.mark.parametrize("content", [b"{}\n", b"\xff\n", b'{"count": 1e400, "hash": ""}\n'])
@pytest.mark.parametrize("given", [["nowhere.db"], ["x.jsonl"], ["trail.db", "--heads", "x.jsonl"]])
def test_what_cannot_be_read_is_said_in_a_sentence(
    kept: Kept, given: list[str], content: bytes, tmp_path: Path
) -> None:
    (tmp_path / "x.jsonl").write_bytes(content)
    shutil.copy(kept.file, tmp_path / "trail.db")
    found = run(*(tmp_path / each if not each.startswith("--") else each for each in given), folder=tmp_path)
    assert found.returncode == 2
    assert found.stderr.strip().endswith(".")
    assert "Traceback" not in found.stderr


def test_postgresql_that_cannot_be_read_is_no_bad_trail(tmp_path: Path) -> None:
    address = f"postgresql://nobody@127.0.0.1:{free_port()}/forms"
    alone = run(address, folder=tmp_path)
    assert (alone.returncode, "psycopg, which this Python lacks" in alone.stderr) == (2, True)
    in_its_room = subprocess.run([sys.executable, VERIFIER, address], capture_output=True, text=True, check=False)
    assert (in_its_room.returncode, "The database cannot be read: " in in_its_room.stderr) == (2, True)
