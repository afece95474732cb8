"""The keys with which the data keys of the database are wrapped: a new one, and wrapping everything anew with it."""

from __future__ import annotations

import argparse
from contextlib import closing
from datetime import UTC, datetime

from forms_app.app import open_database, open_workshop
from forms_app.db.faults import faults_told
from forms_app.db.keys import WrappingKeys, new_wrapping_key, wrap_some_anew, wrapped_by
from forms_app.db.migrate import require_newest
from forms_app.settings import read_settings


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    keys = commands.add_parser("keys", help="the keys of everything that is sealed in the database")
    each = keys.add_subparsers(required=True, metavar="ACTION")
    new = each.add_parser("new", help="print a new key for SEALING_KEYS")
    new.set_defaults(run=run_new)
    rotate = each.add_parser("rotate", help="wrap everything with the first of SEALING_KEYS, while the service runs")
    rotate.set_defaults(run=run_rotate)


def run_new(_: argparse.Namespace) -> None:
    print(new_wrapping_key(datetime.now(UTC)))


def run_rotate(_: argparse.Namespace) -> None:
    settings = read_settings()
    wrapping = WrappingKeys(settings.sealing_keys.get_secret_value())
    count = 0
    with faults_told(settings.database_url):
        require_newest(settings.database_url)
        with closing(open_database(settings)) as database:
            while True:
                with database.writing() as session:
                    done = wrap_some_anew(session, wrapping)
                count += done
                if not done:
                    break
            with database.reading() as session:
                wrapped = wrapped_by(session)
        with open_workshop(settings).writing() as work:
            work.note("keys_rotated", code=wrapping.current)
    print(f"{count} data keys were wrapped anew. “{wrapping.current}” now wraps all {wrapped[wrapping.current]}.")
    others = [f"“{name}”" for name in wrapping.names if name != wrapping.current]
    if others and not count:
        print(
            f"It did so before. To change to another key, write that one first in SEALING_KEYS and run this again. To end a change, "
            f"take {' and '.join(others)} out, once every web and worker process has been started with “{wrapping.current}” first."
        )
    elif others:
        print(
            f"Nothing in this database needs {' or '.join(others)} any more. When every web and worker process has been started "
            f"with “{wrapping.current}” first, run this once more, and then take the others out of SEALING_KEYS. Keep them for "
            "as long as you keep backups that were made before now: those open with nothing else."
        )
