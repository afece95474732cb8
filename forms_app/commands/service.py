"""Runs the web service, and brings its database up to date."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress

from forms_app.app import open_database
from forms_app.db.faults import faults_told
from forms_app.db.keys import WrappingKeys
from forms_app.db.migrate import migrate, require_newest
from forms_app.db.reach import UNREACHABLE
from forms_app.settings import read_settings


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser("run", help="run the web service")
    run.add_argument("--bind", default="127.0.0.1:8000", help="address and port to listen on (default 127.0.0.1:8000)")
    run.add_argument("--processes", type=_processes, default=2, metavar="N", help="how many web processes")
    run.set_defaults(run=run_web)
    migrate = commands.add_parser("migrate", help="bring the database to its newest form")
    migrate.set_defaults(run=run_migrations)


def run_web(chosen: argparse.Namespace) -> int:
    """Becomes gunicorn, with sync workers: threads make each of them slower."""
    settings = read_settings()
    with faults_told(settings.database_url), suppress(*UNREACHABLE):  # a database that is down may come up later
        require_newest(settings.database_url)
    open_database(settings).close()
    print(f"Starting the web service on {chosen.bind}. Press Ctrl+C to stop.", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "gunicorn", *gunicorn_options(chosen.bind, chosen.processes)]
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted


def gunicorn_options(bind: str, processes: int) -> list[str]:
    options = ["--no-control-socket", "--worker-class", "sync", "--workers", str(processes), "--bind", bind]
    # Its warnings repeat the first line of a request that it cannot read, and with it the token of a link.
    return [*options, "--error-logfile", "-", "--log-level", "error", "forms_app.wsgi:app"]


def run_migrations(_: argparse.Namespace) -> None:
    settings = read_settings()
    url = settings.owner_database_url or settings.database_url
    with faults_told(url):
        migrate(url, WrappingKeys(settings.sealing_keys.get_secret_value()))
    print("The database is up to date.")


def _processes(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and int(typed) > 0):
        raise argparse.ArgumentTypeError(f"“{typed}” is not a number of processes: it is 1 or more")
    return int(typed)
