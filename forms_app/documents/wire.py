"""What a press and the process that draws for it say to each other: parts of bytes, each after its length."""

from __future__ import annotations

import socket
import struct
import time

READY, ISSUED, REFUSED = b"ready", b"issued", b"refused"
"""The first part of an answer. The files follow on the second, a sentence on the third."""
OUT_OF_MEMORY = 70
"""How the process ends that has no more."""
COUNT, LENGTH = struct.Struct(">B"), struct.Struct(">I")


class Wire:
    """One end. Every method raises TimeoutError after its seconds, and OSError or EOFError when the other end is gone."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def send(self, *parts: bytes, seconds: float | None = None) -> None:
        self._end.settimeout(seconds)
        self._end.sendall(COUNT.pack(len(parts)) + b"".join(LENGTH.pack(len(part)) + part for part in parts))

    def receive(self, *, seconds: float | None = None) -> list[bytes]:
        until = None if seconds is None else time.monotonic() + seconds
        (count,) = COUNT.unpack(self._read(COUNT.size, until))
        return [self._read(LENGTH.unpack(self._read(LENGTH.size, until))[0], until) for _ in range(count)]

    def close(self) -> None:
        self._end.close()

    def _read(self, size: int, until: float | None) -> bytes:
        read = bytearray(size)
        view = memoryview(read)
        while view:
            if until is not None:
                self._end.settimeout(max(until - time.monotonic(), 0.001))
            got = self._end.recv_into(view)
            if not got:
                raise EOFError
            view = view[got:]
        return bytes(read)
