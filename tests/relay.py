"""A way to a server on the loopback that can be cut, as if the server were gone, and mended."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator

from tests.ports import free_port


class Relay:
    def __init__(self, to_port: int) -> None:
        self.port = free_port()
        self._to_port = to_port
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []

    def mend(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Nobody is let in any more, and whoever was in is thrown out."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = listener.accept()
                there = socket.create_connection(("127.0.0.1", self._to_port))
                self._open += [here, there]
                threading.Thread(target=_carry, args=(here, there), daemon=True).start()


def _carry(one: socket.socket, other: socket.socket) -> None:
    with one, other, selectors.DefaultSelector() as ready, contextlib.suppress(OSError):
        ready.register(one, selectors.EVENT_READ, other)
        ready.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in ready.select():
                content = key.fileobj.recv(65536)  # type: ignore[union-attr]  # a socket, as it was registered
                if not content:
                    return
                key.data.sendall(content)


@contextlib.contextmanager
def relay(to_port: int) -> Iterator[Relay]:
    made = Relay(to_port)
    made.mend()
    try:
        yield made
    finally:
        made.cut()
