"""The whole service on one machine, with five invented Boards: web, worker, and a mail server that keeps every mail."""

from __future__ import annotations

import argparse
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

import pyotp

from forms_app.app import open_workshop
from forms_app.commands.invented import Invented, invented_boards, with_newcomer, with_second_officer, with_those_apart
from forms_app.commands.invented_numbers import add_numbers
from forms_app.commands.service import gunicorn_options
from forms_app.db import factors, people
from forms_app.db.keys import WrappingKeys, new_wrapping_key
from forms_app.db.migrate import migrate
from forms_app.db.numbers import first_begun
from forms_app.db.tables import AuthenticatorApp
from forms_app.domain.errors import DomainError
from forms_app.domain.seats import NEEDS_SECOND_STEP
from forms_app.domain.working_days import uk_date
from forms_app.services.boards import set_up_board
from forms_app.services.rehearsing import rehearse
from forms_app.services.signing_in import must_have_second_step
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop
from forms_app.settings import ROOT, child_environment, settings_from

HOME = ROOT / "var" / "demo"
START_SECONDS = 60
STOP_SECONDS = 30
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl+C, kill, and a terminal that is closed."""
DAYS_AGO = (120, 80, 40)
"""When the invented escalations of the demonstration began."""
LOG = "var/demo/service.log"
MAILDEV = ROOT / "node_modules" / ".bin" / "maildev"


class DemoFault(DomainError):
    """The demonstration cannot start."""


@dataclass(frozen=True)
class Ports:
    web: int
    smtp: int
    mailbox: int


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    demo = commands.add_parser("demo", help="run everything on this machine with invented Boards and people")
    demo.add_argument("--reset", action="store_true", help="forget what was done before and start over")
    demo.add_argument("--port", type=_port, metavar="PORT", default=8000, help="port of the web service (default 8000)")
    demo.add_argument(
        "--smtp-port", type=_port, metavar="PORT", default=1025, help="port of the mail server (default 1025)"
    )
    demo.add_argument(
        "--mailbox-port", type=_port, metavar="PORT", default=1080, help="port of the mailbox page (default 1080)"
    )
    demo.add_argument(
        "--code", action="store_true", help="only print the code of the demonstration’s authenticator app as it is now"
    )
    demo.add_argument(
        "--settings",
        action="store_true",
        help="only print the demonstration’s settings, for other commands to work on it",
    )
    demo.set_defaults(run=run_demo)


def run_demo(chosen: argparse.Namespace) -> int:
    if chosen.code:
        print(_code_now())
        return 0
    ports = Ports(chosen.port, chosen.smtp_port, chosen.mailbox_port)
    if chosen.settings:
        print(
            "\n".join(f"export {name}={shlex.quote(value)}" for name, value in _make_home(ports, reset=False).items())
        )
        return 0
    if len({ports.web, ports.smtp, ports.mailbox}) < 3:
        raise DemoFault("--port, --smtp-port and --mailbox-port must be three different ports.")
    for port in (ports.web, ports.smtp, ports.mailbox):
        _refuse_taken(port)
    if not MAILDEV.exists() or not (ROOT / "forms_app/static/build/site.css").exists():
        raise DemoFault("Its parts are not installed yet. Run script/demo, which installs them and then does this.")
    print("Starting the service", flush=True)
    settings = _make_home(ports, reset=chosen.reset)
    migrate(settings["DATABASE_URL"], WrappingKeys(settings["SEALING_KEYS"]))
    welcome = _welcome(ports, _set_up_boards(settings))
    return _serve(ports, child_environment(**settings), welcome)


def _make_home(ports: Ports, *, reset: bool) -> dict[str, str]:
    try:
        if reset and HOME.exists():
            shutil.rmtree(HOME)
        (HOME / "mail").mkdir(parents=True, exist_ok=True)
        (HOME / "service.log").touch()
        return demo_settings(ports)
    except OSError as fault:
        raise DemoFault(
            f"{HOME} cannot be written ({fault.strerror}). The demonstration keeps its database and mails there: "
            "run it as the person whom that folder belongs to."
        ) from None


def demo_settings(ports: Ports) -> dict[str, str]:
    """The environment of the demonstration; its keys are made once and kept."""
    return {
        "SECRET_KEY": _kept("secret-key", lambda: secrets.token_urlsafe(48)),
        "SEALING_KEYS": _kept("sealing-keys", lambda: new_wrapping_key(datetime.now(UTC))),
        "SERVICE_URL": f"http://127.0.0.1:{ports.web}",
        "DATABASE_URL": f"sqlite:///{HOME / 'forms-app.db'}",
        "HUEY_URL": f"sqlite:///{HOME / 'huey.db'}",
        "AUDIT_HEADS": str(HOME / "audit-heads"),
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(ports.smtp),
        "MAIL_SECURITY": "none",
        "MAIL_SENDER": "escalations@escalations.example",
    }


def _kept(name: str, make: Callable[[], str]) -> str:
    file = HOME / name
    if not file.exists():
        file.touch(0o600)
        file.write_text(make())
    return file.read_text()


def _set_up_boards(settings: dict[str, str]) -> list[Invented]:
    workshop = open_workshop(settings_from(settings))
    invented = invented_boards(workshop.shelf, today=uk_date(workshop.clock()))
    boards = [with_those_apart(with_second_officer(each)) for each in invented]
    for board in boards:
        for file in (board, with_newcomer(board)):
            with workshop.writing() as work:
                set_up_board(work, file.given)
        with workshop.writing() as work:
            _give_apps(work, board)
            add_numbers(work, board.given.code)
        _add_escalations(workshop, board)
    workshop.database.close()
    return boards


def _add_escalations(workshop: Workshop, board: Invented) -> None:
    """Some that began a while ago and went up the whole ladder, unless the Board has any: its register is not empty then."""

    def at(moment: datetime) -> Workshop:
        return replace(workshop, clock=lambda: moment)

    with workshop.reading() as work:
        person = people.person_with_email(work.session, board.raiser.email)
        if person is None or first_begun(work.session, person.board_id) is not None:
            return
        raiser, policy, now = person.id, work.shelf.get(board.given.policy), work.now
    for days in DAYS_AGO:
        rehearse(at, policy=policy, route=policy.main, raiser=raiser, opened=now - timedelta(days=days))


def _give_apps(work: Work, board: Invented) -> None:
    """An authenticator app to whoever must have a second step: all of one key, whose code the terminal shows."""
    for given in (person for agency in board.given.agencies for person in agency.people):
        person = people.person_with_email(work.session, given.email)
        if person is not None and must_have_second_step(person) and not factors.has_any(work.session, person.id):
            app = AuthenticatorApp(person_id=person.id, secret=_app_key(), made_at=work.now, proved_at=work.now)
            work.session.add(app)


def _app_key() -> str:
    return _kept("authenticator-key", pyotp.random_base32)


def _code_now() -> str:
    return pyotp.TOTP(_app_key()).now()


def _show_code(shown: str) -> str:
    """The code of the authenticator app, on one line that changes with it, where a person looks at it."""
    code = _code_now()
    if code != shown and sys.stdout.isatty():
        print(f"\rCode of the authenticator app now: {code} ", end="", flush=True)
    return code


def _serve(ports: Ports, environment: dict[str, str], welcome: str) -> int:
    """Starts the three processes, prints how to sign in, and stops all of them together."""
    running: dict[str, subprocess.Popen[bytes]] = {}
    for stop in STOPS:
        if stop is signal.SIGINT or signal.getsignal(stop) is not signal.SIG_IGN:  # nohup ignores SIGHUP
            signal.signal(stop, _interrupt)
    log = (HOME / "service.log").open("ab")
    try:
        for part, command in _commands(ports).items():
            running[part] = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)  # noqa: S603 - our own words
        _wait_until_up(f"http://127.0.0.1:{ports.web}/health", running)
        _wait_until_up(f"http://127.0.0.1:{ports.mailbox}/healthz", running)
        print(welcome, flush=True)
        code = ""
        while True:
            _refuse_stopped(running)
            code = _show_code(code)
            time.sleep(0.5)
    except KeyboardInterrupt:
        return 0
    finally:
        for stop in STOPS:
            signal.signal(stop, signal.SIG_IGN)
        for process in running.values():
            process.terminate()
        for process in running.values():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _commands(ports: Ports) -> dict[str, list[str]]:
    mail = ["--smtp", str(ports.smtp), "--ip", "127.0.0.1", "--web", str(ports.mailbox), "--web-ip", "127.0.0.1"]
    return {
        "mailbox": [str(MAILDEV), *mail, "--mail-directory", str(HOME / "mail"), "--silent"],
        "web service": [sys.executable, "-m", "gunicorn", *gunicorn_options(f"127.0.0.1:{ports.web}", 2)],
        "worker": [str(Path(sys.executable).parent / "forms-app"), "worker", "--workers", "1"],
    }


def _refuse_stopped(running: dict[str, subprocess.Popen[bytes]]) -> None:
    for part, process in running.items():
        status = process.poll()
        if status is not None and status < 0:
            raise DemoFault(f"The {part} was ended from outside (signal {-status}), so everything stops here.")
        if status is not None:
            raise DemoFault(f"The {part} has stopped, so everything stops here. The end of {LOG} says why.")


def _wait_until_up(url: str, running: dict[str, subprocess.Popen[bytes]]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        _refuse_stopped(running)
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own loopback address
                return
        except OSError:
            time.sleep(0.2)
    raise DemoFault(f"{url} does not answer. The end of {LOG} says why.")


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise DemoFault(f"Port {port} is not open to you. Choose one from 1024 up.") from None
        except OSError:
            raise DemoFault(
                f"Port {port} is in use. Is the demonstration running already? Stop it, or choose other ports with "
                "--port, --smtp-port and --mailbox-port."
            ) from None


def _port(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and 1 <= int(typed) <= 65535):
        raise argparse.ArgumentTypeError(f"“{typed}” is not a port: it is a number from 1 to 65535")
    return int(typed)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _welcome(ports: Ports, boards: list[Invented]) -> str:
    lines = [
        "",
        f"The service runs at          http://127.0.0.1:{ports.web}",
        f"Every mail it sends is at    http://127.0.0.1:{ports.mailbox}",
        "",
        "To sign in, enter one of these addresses; the code arrives in the mailbox above.",
        "Whoever is marked * also types the code of an authenticator app: it is shown below, and script/demo --code prints it.",
        "A person gets at most five codes an hour. To be two people at once, use a private window.",
        "Everybody and everything here is invented.",
        "",
    ]
    for board in boards:
        lines.append(f"{board.given.name} ({board.given.policy})")
        for title, person in board.sign_ins:
            needs = person.administers_agency or person.seat in NEEDS_SECOND_STEP
            lines.append(f"  {title:<34} {person.email}{' *' if needs else ''}")
    return "\n".join([*lines, "", f"What the processes say is in {LOG}. Press Ctrl+C to stop."])
