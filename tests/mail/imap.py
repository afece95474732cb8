"""A real IMAP server with one empty mailbox, and servers that only begin like one."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from imapclient import IMAPClient
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPServer, IMAPService

USER, PASSWORD = "bounces@forms.example", "an invented password"


@dataclass(frozen=True)
class ImapServer:
    port: int
    certificate: Path | None

    @property
    def url(self) -> str:
        scheme = "imap" if self.certificate is None else "imaps"
        return f"{scheme}://{USER.replace('@', '%40')}@localhost:{self.port}/INBOX"

    def put(self, *messages: bytes) -> None:
        with self._signed_in() as client:
            for message in messages:
                client.append("INBOX", message)

    def left(self) -> list[tuple[bytes, bool]]:
        """The subject of each message that is there, in the order in which they came, and whether it counts as read."""
        with self._signed_in() as client:
            found = client.fetch(client.search(), ["BODY.PEEK[HEADER.FIELDS (SUBJECT)]", "FLAGS"])
            return [
                (_subject(each[b"BODY[HEADER.FIELDS (SUBJECT)]"]), rb"\Seen" in each[b"FLAGS"])
                for _, each in sorted(found.items())
            ]

    @contextlib.contextmanager
    def _signed_in(self) -> Iterator[IMAPClient]:
        trusted = None if self.certificate is None else ssl.create_default_context(cafile=self.certificate)
        with IMAPClient("localhost", self.port, ssl=trusted is not None, ssl_context=trusted, timeout=5) as client:
            client.login(USER, PASSWORD)
            client.select_folder("INBOX")
            yield client


def _subject(header: bytes) -> bytes:
    return header.partition(b":")[2].strip()


@contextlib.contextmanager
def imap_server(certificate: Path | None = None) -> Iterator[ImapServer]:
    """Speaks TLS from the first byte with this certificate and its key; without one in the clear."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    ports: list[int] = []

    async def serve() -> None:
        args = _arguments(["--host", "127.0.0.1", "--no-tls", "dict", "--demo-user", USER, "--demo-password", PASSWORD])
        backend, config = await DictBackend.init(args)
        config.apply_context()
        answer = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(backend.login, config))
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=_encryption(certificate))
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        async with server:
            await server.serve_forever()

    task = loop.create_task(serve())
    thread = threading.Thread(target=_run, args=(loop, task))
    thread.start()
    try:
        assert ready.wait(timeout=10)
        yield ImapServer(ports[0], certificate)
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    asyncio.set_event_loop(loop)
    with contextlib.suppress(asyncio.CancelledError):
        loop.run_until_complete(task)
    rest = asyncio.all_tasks(loop)
    for each in rest:
        each.cancel()
    loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def _arguments(given: Sequence[str]) -> object:
    parser = ArgumentParser()
    DictBackend.add_subparser("dict", parser.add_subparsers(dest="backend"))
    IMAPService.add_arguments(parser)
    parser.set_defaults(skip_services=[], passlib_cfg=None, debug=False)
    return parser.parse_args(given)


def _encryption(certificate: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@contextlib.contextmanager
def talking(says: Sequence[bytes], *, pause: float = 0) -> Iterator[int]:
    """The port of a server that says these things whatever it hears, with a pause after each, and then nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        is_over = threading.Event()
        thread = threading.Thread(target=_talk, args=(listener, says, pause, is_over))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            is_over.set()
            with contextlib.suppress(OSError):
                socket.create_connection(listener.getsockname(), timeout=1).close()
            thread.join()


def _talk(listener: socket.socket, says: Sequence[bytes], pause: float, is_over: threading.Event) -> None:
    caller, _ = listener.accept()
    with caller, contextlib.suppress(OSError):
        for each in says:
            caller.sendall(each)
            time.sleep(pause)
            if is_over.is_set():
                return
        is_over.wait(timeout=10)
