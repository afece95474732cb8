"""Copies of the database that only their key opens, and what is on hold after one was restored."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path

from forms_app.app import open_workshop
from forms_app.db import backups
from forms_app.db.faults import faults_told
from forms_app.db.keys import WrappingKeys
from forms_app.domain.working_days import spell_time
from forms_app.services import restoring
from forms_app.settings import child_environment, read_settings

KINDS = {
    "make_document": "documents to make",
    "post_delivery": "documents to send",
    "post_notification": "other emails",
}
"""What is owed, in words; whatever else is counted together."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    backup = commands.add_parser("backup", help="write an encrypted copy of the database while the service runs")
    backup.add_argument("file", type=Path)
    backup.add_argument("--to", action="append", metavar="age1…", help="a public key; without it BACKUP_RECIPIENTS")
    backup.set_defaults(run=run_backup)
    restore = commands.add_parser(
        "restore", help="fill an empty database from a backup: nothing is sent before you say so"
    )
    restore.add_argument("file", type=Path)
    restore.add_argument(
        "--identity", type=Path, required=True, metavar="KEYFILE", help="the file that age-keygen wrote"
    )
    restore.set_defaults(run=run_restore)
    outbox = commands.add_parser("outbox", help="what is on hold after a restore")
    each = outbox.add_subparsers(required=True, metavar="ACTION")
    show = each.add_parser("show", help="count what is on hold")
    show.set_defaults(run=run_show)
    told = each.add_parser("told", help="do not send again what was owed to a Board's people before a moment")
    told.add_argument("--before", type=_moment, required=True, metavar="MOMENT", help="such as 2026-11-22T10:00+00:00")
    told.add_argument("--by", required=True, metavar="ADDRESS", help="somebody of the business unit, who told them")
    told.set_defaults(run=run_told)
    go = each.add_parser("go", help="from now on do everything that is owed")
    go.set_defaults(run=run_go)


def run_backup(chosen: argparse.Namespace) -> None:
    settings = read_settings()
    to = chosen.to or settings.backup_recipients.split()
    with faults_told(settings.database_url):
        made = backups.back_up(settings.database_url, chosen.file, to, datetime.now(UTC), _environment)
        with open_workshop(settings).writing() as work:
            work.note("backup_made")
    with chosen.file.open("rb") as content:
        digest = file_digest(content, "sha256").hexdigest()
    keys = "one key" if len(to) == 1 else f"{len(to)} keys"
    print(f"The backup of {spell_time(made.moment)} is in {chosen.file}, encrypted to {keys}.")
    print(f"The trail in it has {made.trail_count} entries. SHA-256 of the file: {digest}")


def run_restore(chosen: argparse.Namespace) -> int:
    """As the role that owns the tables: on PostgreSQL the service's own can make none."""
    settings = read_settings()
    url, wrapping = (
        settings.owner_database_url or settings.database_url,
        WrappingKeys(settings.sealing_keys.get_secret_value()),
    )
    with faults_told(url):
        target = backups.Target(url, wrapping, datetime.now(UTC), _environment)
        made = backups.restore(target, chosen.file, chosen.identity)
        faults = backups.faults_of(url, made)
    with faults_told(settings.database_url), open_workshop(settings).writing() as work:
        restoring.note_restore(work)
    print(f"The database is as it was on {spell_time(made.moment)}. Everybody is signed out.")
    for fault in faults:
        print(f"The trail is not as it was written: {fault}")
    if not faults:
        print(f"The trail is whole: {made.trail_count} entries.")
    print(
        "Nothing is sent, and nobody is reminded, until you say so: `forms-app outbox show`, then `forms-app outbox go`."
    )
    return 1 if faults else 0


def run_show(_: argparse.Namespace) -> None:
    with open_workshop(read_settings()).reading() as work:
        found = restoring.on_hold(work)
    if found is None:
        print(restoring.NOTHING_WAITS)
        return
    print(f"Restored on {spell_time(found.restored_at)} from a backup of {spell_time(found.backup_made_at)}. On hold:")
    for each in found.owed:
        print(f"  {each.count} {KINDS.get(each.kind, each.kind)}, the oldest of {spell_time(each.oldest)}")
    print(
        "What was owed then may have been sent since. `forms-app outbox told` leaves it unsent; `forms-app outbox go` sends."
    )


def run_told(chosen: argparse.Namespace) -> None:
    settings = read_settings()
    with faults_told(settings.database_url), open_workshop(settings).writing() as work:
        count = restoring.leave_unsent(work, before=chosen.before, email=chosen.by.strip().lower())
    print(f"{count} messages are not sent again.")


def run_go(_: argparse.Namespace) -> None:
    settings = read_settings()
    with faults_told(settings.database_url), open_workshop(settings).writing() as work:
        restoring.let_go(work)
    print("The workers do what is owed from now on.")


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    return child_environment(**more)


def _moment(typed: str) -> datetime:
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise argparse.ArgumentTypeError(f"“{typed}” is no moment with a time zone: write 2026-11-22T10:00+00:00")
    return found
