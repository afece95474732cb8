"""Mail servers that misbehave: each says what it is told to say at each step, and otherwise what a good one would."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from tests import letters
from tests.ports import free_port
from tests.smtp import SmtpServer

CERTIFICATES = Path(__file__).parent / "certificates"
LOCALHOST = CERTIFICATES / "localhost.pem"
ELSEWHERE = CERTIFICATES / "elsewhere.pem"

SILENCE = "silence"
HANG_UP = "hang up"
PAUSE = "pause "
"""Before a line: it is said a second late."""
DRIP = "drip "
"""Before a line: it is said a byte at a time."""
DRIP_SECONDS = 0.05
Says = Mapping[str, str | Sequence[str]]
"""What is said at each step, by the first four letters of the command; of several answers each once, and the last for ever."""
GOOD: Says = {
    "CALL": "220 forms.example ready",
    "EHLO": "250 forms.example",
    "MAIL": "250 OK",
    "RCPT": "250 OK",
    "DATA": "354 Go on",
    "TEXT": "250 Taken",
    "RSET": "250 OK",
    "QUIT": "221 Goodbye",
}


@dataclass
class Scripted:
    port: int
    texts: list[bytes] = field(default_factory=list)
    """Each message that came in whole, whatever was answered."""
    lines: list[str] = field(default_factory=list)
    calls: list[socket.socket] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def hang_up(self) -> None:
        """On everybody who is connected."""
        for caller in self.calls:
            with contextlib.suppress(OSError):
                caller.shutdown(socket.SHUT_RDWR)

    def add(self, line: str) -> None:
        """Says something unasked to who called last, and gives it time to arrive."""
        self.calls[-1].sendall(line.encode() + b"\r\n")
        time.sleep(0.05)


@contextlib.contextmanager
def scripted(says: Says, *, port: int = 0) -> Iterator[Scripted]:
    """A server that speaks these lines; `CALL` is its greeting and `TEXT` its answer to the message itself."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        server = Scripted(listener.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(listener, server, {**GOOD, **says}))
        thread.start()
        try:
            yield server
        finally:
            server.is_over.set()
            server.hang_up()
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
            thread.join()


def _serve(listener: socket.socket, server: Scripted, says: Says) -> None:
    lines = {step: iter([said] if isinstance(said, str) else said) for step, said in says.items()}
    last: dict[str, str] = {}

    def line(step: str) -> str:
        last[step] = next(lines.get(step, iter(())), last.get(step, "502 What?"))
        return last[step]

    talks = []
    while True:
        caller, _ = listener.accept()
        if server.is_over.is_set():
            caller.close()
            break
        server.calls.append(caller)
        talks.append(threading.Thread(target=_talk, args=(caller, server, line)))
        talks[-1].start()
    for talk in talks:
        talk.join()


def _talk(caller: socket.socket, server: Scripted, line: Callable[[str], str]) -> None:
    with caller, contextlib.suppress(OSError), caller.makefile("rb") as said:
        if not _say(caller, line("CALL"), server):
            return
        to: list[str] = []
        for each in said:
            server.lines.append(each.decode("ascii", "replace").strip())
            verb = server.lines[-1][:4].upper()
            answer = line(verb)
            if verb == "MAIL":
                to = []
            if verb == "RCPT" and answer.startswith("250"):
                to.append(server.lines[-1].partition("<")[2].partition(">")[0])
            if not _say(caller, answer, server):
                return
            if verb == "DATA" and answer.startswith("354"):
                text = _text(said)
                if text is None:
                    return
                letters.look_at(to, text)
                server.texts.append(text)
                if not _say(caller, line("TEXT"), server):
                    return
            if verb == "QUIT":
                return


def _text(said: Iterable[bytes]) -> bytes | None:
    """None for one that did not come to its end."""
    lines: list[bytes] = []
    for line in said:
        if line == b".\r\n":
            return b"".join(lines)
        lines.append(line)
    return None


def _say(caller: socket.socket, line: str, server: Scripted) -> bool:
    """False when the talk is over."""
    if line == SILENCE:
        server.is_over.wait()
        return False
    if line == HANG_UP:
        return False
    if line.startswith(PAUSE):
        time.sleep(1)
    if line.startswith(DRIP):
        return _drip(caller, line.removeprefix(DRIP).encode() + b"\r\n", server)
    caller.sendall(line.removeprefix(PAUSE).encode() + b"\r\n")
    return True


def _drip(caller: socket.socket, content: bytes, server: Scripted) -> bool:
    for byte in content:
        caller.sendall(bytes([byte]))
        if server.is_over.wait(DRIP_SECONDS):
            return False
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
