"""The bytes that a database leaves on the disk, and in a dump of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sqlalchemy import make_url, select
from sqlalchemy.orm import undefer

from forms_app.db.database import Session
from forms_app.db.tables import BlankFormFile, Board, DocumentFile, Person
from tests.postgres import PostgresServer


def on_disk(sqlite_url: str) -> bytes:
    """The file, with its write-ahead log."""
    file = Path(make_url(sqlite_url).database or "")
    return b"".join(each.read_bytes() for each in sorted(file.parent.glob(f"{file.name}*")))


def dumped(server: PostgresServer, database: str) -> bytes:
    """As its owner dumps it; what was bytes is written in hexadecimal, and so looked through as bytes too."""
    url = server.url(database).replace("+psycopg", "")
    text = subprocess.run(["pg_dump", "--inserts", url], capture_output=True, check=True).stdout
    return text + b"\n".join(bytes.fromhex(each.split(b"'")[0].decode()) for each in text.split(b"'\\x")[1:])


def read_without_keys(session: Session, raw: bytes, *texts: str) -> list[str]:
    """Which of these texts, of everybody's names and addresses and of the issued documents can be read in these bytes."""
    people = session.scalars(select(Person)).all()
    looked_for = {each.encode() for person in people for each in (person.name, person.email)}
    looked_for -= {email.encode() for email in session.scalars(select(Board.email))}  # which everybody may know
    looked_for |= {each for text in texts for each in (text.encode(), text.encode("ascii", "backslashreplace"))}
    blank = b"".join(session.scalars(select(BlankFormFile.content)))  # not sealed, and drawn with the same fonts
    for file in session.scalars(select(DocumentFile).options(undefer(DocumentFile.content))):
        pieces = (file.content[at : at + 40] for at in range(len(file.content) // 2, len(file.content) - 40, 40))
        looked_for.add(next(piece for piece in pieces if piece not in blank))
    return sorted(str(each) for each in looked_for if each in raw)
