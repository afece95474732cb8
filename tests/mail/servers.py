"""Mail servers that misbehave: each says what it is told to say at each step, and otherwise what a good one would."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from tests.ports import free_port
from tests.smtp import SmtpServer

CERTIFICATES = Path(__file__).parent / "certificates"
LOCALHOST = CERTIFICATES / "localhost.pem"
ELSEWHERE = CERTIFICATES / "elsewhere.pem"

SILENCE = "silence"
HANG_UP = "hang up"
PAUSE = "pause "
"""Before a line: it is said a second late."""
GOOD = {
    "CALL": "220 forms.example ready",
    "EHLO": "250 forms.example",
    "MAIL": "250 OK",
    "RCPT": "250 OK",
    "DATA": "354 Go on",
    "TEXT": "250 Taken",
    "RSET": "250 OK",
    "QUIT": "221 Goodbye",
}
"""By the first four letters of the command."""


@dataclass
class Scripted:
    port: int
    texts: list[bytes] = field(default_factory=list)
    """Each message that came in whole, whatever was answered."""
    lines: list[str] = field(default_factory=list)


@contextlib.contextmanager
def scripted(says: Mapping[str, str]) -> Iterator[Scripted]:
    """A server that speaks these lines; `CALL` is its greeting and `TEXT` its answer to the message itself."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server, is_over = Scripted(listener.getsockname()[1]), threading.Event()
        thread = threading.Thread(target=_serve, args=(listener, server, {**GOOD, **says}, is_over))
        thread.start()
        try:
            yield server
        finally:
            is_over.set()
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
            thread.join()


def _serve(listener: socket.socket, server: Scripted, says: Mapping[str, str], is_over: threading.Event) -> None:
    while not is_over.is_set():
        caller, _ = listener.accept()
        with caller, contextlib.suppress(OSError):
            _talk(caller, server, says, is_over)


def _talk(caller: socket.socket, server: Scripted, says: Mapping[str, str], is_over: threading.Event) -> None:
    lines = caller.makefile("rb")
    with lines:
        if is_over.is_set() or not _say(caller, says["CALL"], is_over):
            return
        for line in lines:
            server.lines.append(line.decode("ascii", "replace").strip())
            verb = server.lines[-1][:4].upper()
            if not _say(caller, says.get(verb, "502 What?"), is_over):
                return
            if verb == "DATA" and says["DATA"].startswith("354"):
                server.texts.append(b"".join(iter(lines.readline, b".\r\n")))
                if not _say(caller, says["TEXT"], is_over):
                    return
            if verb == "QUIT":
                return


def _say(caller: socket.socket, line: str, is_over: threading.Event) -> bool:
    """False when the talk is over."""
    if line == SILENCE:
        is_over.wait()
        return False
    if line == HANG_UP:
        return False
    if line.startswith(PAUSE):
        time.sleep(1)
    caller.sendall(line.removeprefix(PAUSE).encode() + b"\r\n")
    return True


def certificate(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@contextlib.contextmanager
def encrypted(
    file: Path, *, from_the_start: bool = False, signs_in: tuple[str, str] | None = None
) -> Iterator[SmtpServer]:
    """A good server that takes nothing in the clear and shows this certificate; `signs_in` is whom it lets in."""
    server, context = SmtpServer(port=free_port()), certificate(file)

    def let_in(smtp: SMTP, session: object, envelope: object, mechanism: str, login: object) -> AuthResult:
        given = (getattr(login, "login", b""), getattr(login, "password", b""))
        return AuthResult(success=given == tuple(part.encode() for part in signs_in or ()), handled=False)

    settings = {"ssl_context": context} if from_the_start else {"tls_context": context, "require_starttls": True}
    controller = Controller(
        server,
        hostname=server.host,
        port=server.port,
        ready_timeout=20,
        authenticator=let_in,
        auth_required=signs_in is not None,
        **settings,
    )
    # aiosmtpd calls itself to see whether it is ready, and does not know our certificate.
    with contextlib.suppress(ssl.SSLCertVerificationError):
        controller.start()
    try:
        yield server
    finally:
        controller.stop()
