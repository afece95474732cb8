"""A PostgreSQL server of the tests' own, which needs nothing but the server's programs on this machine."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from tests.ports import free_port

STARTS_WITHIN_SECONDS = 30
LOGIN = "forms_app"

# Nothing here outlives the run, so nothing needs to reach the disk.
SPEED = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "shared_buffers=64MB",
    "max_connections=100",
)


@dataclass
class PostgresServer:
    """One running server. Its databases are made and dropped through it; everybody else gets a URL."""

    port: int
    user: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{self.user}@127.0.0.1:{self.port}/{database}"

    def url_of_service(self, database: str) -> str:
        """For the service: it logs in with the role that the migrations made for it, and owns nothing."""
        return f"postgresql+psycopg://{LOGIN}@127.0.0.1:{self.port}/{database}"

    def let_service_log_in(self) -> None:
        """As whoever runs a server does once, after the migrations made the role of the service."""
        with self._connect() as connection:
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [LOGIN]).fetchone() is not None:
                return
        self._run(
            sql.SQL("CREATE ROLE {} LOGIN IN ROLE {}").format(
                sql.Identifier(LOGIN), sql.Identifier("forms_app_service")
            )
        )

    def create_database(self, name: str = "", *, template: str = "template1") -> str:
        """The name of a new database, a copy of its template. Nobody may be connected to the template."""
        name = name or f"forms_{next(self._numbers)}"
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop_database(self, name: str) -> None:
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def rename_database(self, name: str, to: str) -> None:
        self._run(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(to)))

    def has_database(self, name: str) -> bool:
        with self._connect() as connection:
            return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    def _run(self, command: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(command)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=self.user, dbname="postgres", autocommit=True, connect_timeout=5
        )

    def answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True


@contextlib.contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A server in a folder of its own under the temporary folder, stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="forms-app-postgres-"))
    try:
        with kept_postgres(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def kept_postgres(folder: Path) -> Iterator[PostgresServer]:
    """A server whose databases stay in this folder, from one run to the next. Other accounts must be able to reach it."""
    programs = _programs()
    account = _account()
    if not (data := folder / "data").exists():
        if os.geteuid() == 0:
            os.chown(folder, account.pw_uid, account.pw_gid)
        _as_account(
            account,
            [
                str(programs / "initdb"),
                f"--pgdata={data}",
                f"--username={account.pw_name}",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "--no-instructions",
            ],
            folder=folder,
        )
    with _serving(programs, account=account, folder=folder) as server:
        yield server


@contextlib.contextmanager
def _serving(programs: Path, *, account: pwd.struct_passwd, folder: Path) -> Iterator[PostgresServer]:
    port = free_port()
    settings = ["listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=", *SPEED]
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            # The kernel stops the server when the tests die, so that a killed run leaves none behind.
            ["setpriv", "--pdeathsig", "INT", str(programs / "postgres"), "-D", str(folder / "data")]
            + [part for setting in settings for part in ("-c", setting)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            **_identity(account),
        )
    server = PostgresServer(port=port, user=account.pw_name)
    try:
        _wait_for(server, process=process, log=log)
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=STARTS_WITHIN_SECONDS)


def _wait_for(server: PostgresServer, *, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up_at = time.monotonic() + STARTS_WITHIN_SECONDS
    while not server.answers():
        if process.poll() is not None or time.monotonic() > give_up_at:
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)


def _as_account(account: pwd.struct_passwd, command: list[str], *, folder: Path) -> None:
    finished = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **_identity(account)
    )
    if finished.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{finished.stdout}{finished.stderr}")


def _identity(account: pwd.struct_passwd) -> dict[str, object]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _account() -> pwd.struct_passwd:
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _programs() -> Path:
    def version(folder: Path) -> int:
        return int(folder.parent.name)

    found = sorted((path.parent for path in Path("/usr/lib/postgresql").glob("[0-9]*/bin/initdb")), key=version)
    if found:
        return found[-1]
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    raise RuntimeError("PostgreSQL's server programs are not installed: run script/setup --test")
