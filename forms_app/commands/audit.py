"""forms-app audit: whether the trail is as it was written, and the trail as a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from forms_app.app import open_workshop
from forms_app.db import verify_trail
from forms_app.db.faults import faults_told
from forms_app.services.auditing import export_trail
from forms_app.settings import SettingsFault, read_settings


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parts = commands.add_parser("audit", help="the trail: verify, export").add_subparsers(
        title="commands", required=True, metavar="COMMAND"
    )
    check = parts.add_parser("verify", help="whether the trail is as it was written; names the first bad row")
    check.add_argument("database", nargs="?", help="a file, an export or an address, in place of the service's own")
    verify_trail.add_arguments(check)
    check.set_defaults(run=verify)
    leave = parts.add_parser("export", help="write the whole trail into a file, for verify_trail.py")
    leave.add_argument("file", type=Path)
    leave.set_defaults(run=export)


def verify(chosen: argparse.Namespace) -> int:
    """Opens nothing of the service but the addresses of its database and of its published heads."""
    heads: list[Path] = chosen.heads
    if chosen.database is not None:
        return verify_trail.report(chosen.database, heads, chosen.head)
    settings = read_settings()
    if not heads and settings.audit_heads is not None and settings.audit_heads.exists():
        heads = [settings.audit_heads]
    return verify_trail.report(settings.owner_database_url or settings.database_url, heads, chosen.head)


def export(chosen: argparse.Namespace) -> None:
    """Raises SettingsFault for a file that is there already, or cannot be written."""
    settings = read_settings()
    with faults_told(settings.database_url), open_workshop(settings).writing() as work:
        try:
            with chosen.file.open("x", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in export_trail(work))
        except OSError as fault:
            raise SettingsFault(f"{chosen.file} cannot be written: {fault.strerror}.") from None
        work.note("trail_exported", code="command")
    print(f"The trail is in {chosen.file}.")
