"""Checks a trail from outside: one file that needs Python and nothing else, of this service or of anybody's.

    python verify_trail.py DATABASE --heads FILE

DATABASE is the file of an SQLite database, the lines of an export (`.jsonl`), or the address of a PostgreSQL database
(postgresql://…, which needs psycopg installed). Each entry is bound to the one before it by SHA-256. Whoever can write the
database can bind them all anew: so the heads that were published outside of it (count and hash) are compared too.
Ends with 0 if everything is as it was written, with 1 and the first bad row if it is not, with 2 if it cannot be read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

BEFORE_THE_FIRST = "0" * 64
AT_ONCE = 5000
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
HEXADECIMAL = re.compile(r"[0-9a-f]{32}")
HASH = re.compile(r"[0-9a-f]{64}")
COLUMNS = "id, at, action, person_id, board_id, escalation_id, about_id, code, hash"


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it is hashed: a moment in UTC to the microsecond, and ids of 32 hexadecimal digits."""

    number: int
    at: str
    action: str
    person: str | None
    board: str | None
    escalation: str | None
    about: str | None
    code: str | None
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """What was published: the trail had so many entries, and the last of them this hash."""

    count: int
    hash: str
    where: str


class Unreadable(Exception):
    """What was given is no trail, or no heads."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. `fault` is a sentence about the first bad row; None when all is as it was written."""

    count: int
    hash: str
    heads: int
    """How many published heads agree."""
    row: int | None = None
    fault: str | None = None


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def hash_of(previous: str, row: Row) -> str:
    """The hash of an entry: of the hash before it and every field but its own hash, as a JSON list without spaces."""
    fields = [previous, row.number, row.at, row.action, row.person, row.board, row.escalation, row.about, row.code]
    line = json.dumps(fields, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(line.encode()).hexdigest()


def verify(rows: Iterable[Row], heads: Iterable[Head] = (), *, own_head: tuple[int, str] | None = None) -> Verdict:
    """Walks the chain and compares it with every published head, and with the head that the database itself keeps."""
    published: dict[int, list[Head]] = {}
    for head in heads:
        published.setdefault(head.count, []).append(head)
    count, previous, agreed, sure = 0, BEFORE_THE_FIRST, 0, 0
    for row in rows:
        fault = _fault_of(row, count, previous)
        if fault is not None:
            return Verdict(count, previous, agreed, count + 1, fault)
        count, previous = row.number, row.hash
        for head in published.pop(count, ()):
            if head.hash != previous:
                fault = (
                    f"the head of {count} entries was published otherwise ({head.where}): one or more of the rows "
                    f"{sure + 1} to {count} was changed and every later one bound anew"
                )
                return Verdict(count, previous, agreed, sure + 1, fault)
            agreed, sure = agreed + 1, count
    return _end_of(count, previous, agreed, sure, published, own_head)


def _end_of(
    count: int,
    previous: str,
    agreed: int,
    sure: int,
    published: dict[int, list[Head]],
    own_head: tuple[int, str] | None,
) -> Verdict:
    missing = sorted(each for each in published if each > count)
    if missing:
        where = published[missing[0]][0].where
        fault = f"the trail ends after {count} entries, but a head of {missing[0]} was published ({where})"
        if sure < count:
            fault += f"; what the rows {sure + 1} to {count} say cannot be relied on either"
        return Verdict(count, previous, agreed, sure + 1, fault)
    wrong = next((head for found in published.values() for head in found if head.hash != BEFORE_THE_FIRST), None)
    if wrong is not None:
        return Verdict(count, previous, agreed, 1, f"a head of {wrong.count} entries cannot be ({wrong.where})")
    if own_head is not None and own_head != (count, previous):
        fault = f"the trail ends after {count} entries, and the database's own head says {own_head[0]}, or another hash"
        return Verdict(count, previous, agreed, min(count, own_head[0]) + 1, fault)
    return Verdict(count, previous, agreed)


def _fault_of(row: Row, count: int, previous: str) -> str | None:
    if row.number != count + 1:
        return f"row {count + 1} is missing: after row {count} comes {row.number}"
    if not _is_well_formed(row):
        return f"row {row.number} holds something that was never written so"
    if row.hash != hash_of(previous, row):
        return f"row {row.number} is not what was written, or does not follow the row before it"
    return None


def _is_well_formed(row: Row) -> bool:
    ids = (row.person, row.board, row.escalation, row.about)
    return (
        _matches(MOMENT, row.at)
        and _is_text(row.action)
        and all(each is None or _matches(HEXADECIMAL, each) for each in ids)
        and (row.code is None or _is_text(row.code))
        and _matches(HASH, row.hash)
    )


def _is_text(value: Any) -> bool:
    # SQLite keeps anything in any column.
    return isinstance(value, str)


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


# --- reading ---


def rows_of_sqlite(file: Path) -> tuple[Iterator[Row], tuple[int, str] | None]:
    """Read only: not even a lock of the service's is waited for."""
    connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
    connection.text_factory = lambda raw: raw.decode(
        errors="replace"
    )  # what is no text was never written: its row is bad
    connection.isolation_level = None
    connection.execute("BEGIN")  # the head and the entries are of one moment, whatever is written meanwhile
    own = connection.execute("SELECT count, hash FROM trail_head").fetchall()
    found = connection.execute(f"SELECT {COLUMNS} FROM audit_entries ORDER BY id")  # noqa: S608  # names of columns
    rows = (Row(each[0], _moment_of_sqlite(each[1]), *each[2:]) for each in _fetched(found))
    return _closing(rows, found, connection), _own_head(own)


def _moment_of_sqlite(at: Any) -> Any:
    # SQLite keeps no zone: what is stored is in UTC, always with six digits after the point.
    return f"{at.replace(' ', 'T')}Z" if isinstance(at, str) and " " in at else at


def rows_of_postgresql(url: str) -> tuple[Iterator[Row], tuple[int, str] | None]:
    try:
        import psycopg
    except ImportError:
        raise Unreadable(
            "PostgreSQL is read with psycopg, which this Python lacks. Run it with .venv/bin/python, or check an export."
        ) from None

    try:
        connection = psycopg.connect(url.replace("+psycopg", "", 1))
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        # The rows of the trail are kept from whoever does not say for whom they ask: this asks for all of them.
        connection.execute("SELECT set_config('forms_app.actor', 'service', false)")
        own = connection.execute("SELECT count, hash FROM trail_head").fetchall()
        cursor = connection.cursor(name="trail")  # on the server: the trail need not fit into memory
        cursor.execute(f"SELECT {COLUMNS} FROM audit_entries ORDER BY id")  # noqa: S608  # names of columns
    except psycopg.Error as fault:
        raise Unreadable(f"The database cannot be read: {fault}") from None
    rows = (_row_of_postgresql(*each) for each in _fetched(cursor))
    return _closing(rows, cursor, connection), _own_head(own)


def _row_of_postgresql(number: int, at: datetime, action: str, *more: Any) -> Row:
    person, board, escalation, about = (_hexadecimal(value) for value in more[:4])
    return Row(number, moment(at), action, person, board, escalation, about, *more[4:])


def _hexadecimal(value: Any) -> str | None:
    return None if value is None else value.hex


def rows_of_export(file: Path) -> Iterator[Row]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield Row(**json.loads(line))
            except (ValueError, TypeError):
                raise Unreadable(f"Line {number} of {file} is no entry.") from None


def heads_of(file: Path) -> list[Head]:
    """The heads of a file: one JSON object a line, with count, hash and at."""
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        try:
            given = json.loads(line)
            found.append(Head(int(given["count"]), str(given["hash"]), f"{file.name}, line {number}"))
        except (ValueError, TypeError, KeyError, OverflowError):
            raise Unreadable(f"Line {number} of {file} is no head.") from None
    return found


def _fetched(cursor: Any) -> Iterator[Any]:
    while some := cursor.fetchmany(AT_ONCE):
        yield from some


def _closing(rows: Iterator[Row], cursor: Any, connection: Any) -> Iterator[Row]:
    with closing(connection), closing(cursor):
        yield from rows


def _own_head(found: list[Any]) -> tuple[int, str]:
    """What the database itself keeps. Without the one row that there is, and a number in it, nothing can agree with it."""
    return (found[0][0], found[0][1]) if len(found) == 1 and isinstance(found[0][0], int) else (-1, "")


def rows_of(place: str) -> tuple[Iterable[Row], tuple[int, str] | None]:
    """The rows of whatever was named. Raises Unreadable."""
    if place.startswith("postgres"):
        return rows_of_postgresql(place)
    file = Path(place.removeprefix("sqlite:///"))
    if not file.is_file():
        raise Unreadable(f"There is no file {file}.")
    try:
        with file.open("rb") as content:
            is_sqlite = content.read(15) == b"SQLite format 3"
        return rows_of_sqlite(file) if is_sqlite else (rows_of_export(file), None)
    except sqlite3.Error as fault:
        raise Unreadable(f"{file} cannot be read: {fault}.") from None


# --- the command ---


def told_head(text: str) -> Head:
    """A head as it stands in an email: the count, a colon, the hash."""
    count, colon, found = text.partition(":")
    if not colon or not count.isdigit() or not HASH.fullmatch(found):
        raise argparse.ArgumentTypeError("write the count, a colon and the 64 characters of the hash")
    return Head(int(count), found, "as told")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--heads", type=Path, action="append", default=[], help="a file of published heads")
    parser.add_argument("--head", type=told_head, action="append", default=[], help="COUNT:HASH, as in an email")


def report(place: str, heads: Sequence[Path], told: Sequence[Head]) -> int:
    """Prints what was found, and answers with the exit code."""
    try:
        published = [*chain.from_iterable(heads_of(file) for file in heads), *told]
        rows, own_head = rows_of(place)
        found = verify(rows, published, own_head=own_head)
    except (Unreadable, OSError, sqlite3.Error) as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    if found.fault is not None:
        sys.stdout.write(f"BAD: row {found.row}: {found.fault}.\n")
        return 1
    sys.stdout.write(f"Good: {found.count} entries, {found.heads} published heads agree. The head is {found.hash}.\n")
    if not published:
        sys.stdout.write("No published head was given: a trail that was bound anew as a whole looks like this too.\n")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="verify_trail", description="Checks that a trail is as it was written")
    parser.add_argument("database", help="a file of SQLite, an export, or postgresql://…")
    add_arguments(parser)
    chosen = parser.parse_args()
    return report(chosen.database, chosen.heads, chosen.head)


if __name__ == "__main__":
    # Python looks for modules first in the folder of the file, and in the service's one is a numbers.py.
    sys.path[:] = [each for each in sys.path if Path(each).resolve() != Path(__file__).resolve().parent]
    sys.exit(main())
