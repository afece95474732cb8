"""Posts a few bytes to an address that somebody gave: over https, to a public machine, without redirects, and for a short time.

The name is looked up once, what it stands for is checked, and exactly that is connected to. Nobody calls with a transaction open.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import SplitResult, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError
from urllib3.util import Timeout

from forms_app.domain.systems import Called

CONNECT_SECONDS = 5
ANSWER_SECONDS = 10
LONGEST_URL = 500
MOST_READ = 4096
"""So much of an answer is read, to end the conversation in good order, and thrown away."""
HTTPS_PORT = 443
THROUGH_OTHERS = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""Addresses of IPv6 that lead to any address of IPv4."""
_NO_ANSWER = (HTTPError, HTTPException, OSError, ValueError)
"""Also what comes back and is no HTTP."""
NOT_AN_ADDRESS = "Enter a web address that begins with https://, such as https://cases.example.org/escalations"
NOT_PUBLIC = "Enter the address of a machine that can be reached from the internet, by its name"


@dataclass(frozen=True, slots=True)
class Answer:
    called: Called
    status: int | None = None

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The receiver says that it wants nothing more."""
        return self.status == 410


@dataclass(frozen=True, slots=True)
class Caller:
    """How receivers are reached."""

    private: Collection[str] = frozenset()
    """Receivers, as host:port, that need not be public, and on this machine not over https."""
    trusts: ssl.SSLContext | None = None
    """Whose certificates are trusted; None for those of the system."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Never raises: whatever a receiver does is an answer, or none."""
        try:
            return self._post(url, headers, body)
        except _NotPublic:
            return Answer(Called.NOT_PUBLIC)
        except (SSLError, ssl.SSLError):
            return Answer(Called.NOT_TRUSTED)
        except NewConnectionError:
            return Answer(Called.NOT_REACHED)
        except (ConnectTimeoutError, TimeoutError, _TooSlow):
            return Answer(Called.TOO_SLOW)
        except _NO_ANSWER:
            return Answer(Called.NOT_REACHED)

    def fault_of(self, url: str) -> str | None:
        """Why nothing can be sent to this address, as far as it says itself."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            return NOT_AN_ADDRESS
        is_whole = parts.scheme in {"https", "http"} and host and "@" not in parts.netloc and not parts.fragment
        if not is_whole or len(url) > LONGEST_URL or not url.isascii() or any(each <= " " for each in url):
            return NOT_AN_ADDRESS
        if self._is_private(parts):
            return None
        if parts.scheme != "https" or port == 0:
            return NOT_AN_ADDRESS
        with suppress(ValueError):
            ipaddress.ip_address(host or "")
            return NOT_PUBLIC
        return None if "." in (host or "").strip(".") else NOT_PUBLIC

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self.fault_of(url) is not None:
            raise _NotPublic
        parts = urlsplit(url)
        address = self._address(parts)
        connection = self._connection(parts, address)
        with _ended_in_time(connection) as clock:
            try:
                connection.connect()
                if connection.sock.getpeername()[0] != address:
                    raise _NotPublic
                path = parts.path or "/"
                connection.request(
                    "POST",
                    f"{path}?{parts.query}" if parts.query else path,
                    body=body,
                    headers={**headers, "Host": parts.netloc, "Connection": "close", "Accept-Encoding": "identity"},
                    preload_content=False,
                    decode_content=False,
                )
                response = connection.getresponse()
                if clock.is_over:
                    raise _TooSlow  # what came before the line was cut may look like an answer
                status = response.status
                with suppress(*_NO_ANSWER):  # what it says after its status is nobody's business
                    response.read(MOST_READ, decode_content=False)
                return Answer(Called.ANSWERED, status)
            except _NO_ANSWER:
                if clock.is_over:
                    raise _TooSlow from None
                raise

    def _address(self, parts: SplitResult) -> str:
        """The one address that is connected to, of those for which the name stands. Raises OSError."""
        found = socket.getaddrinfo(parts.hostname, _port(parts), type=socket.SOCK_STREAM)
        addresses = [str(each[4][0]) for each in found]
        if not self._is_private(parts) and not all(map(is_public, addresses)):
            raise _NotPublic
        return addresses[0]

    def _connection(self, parts: SplitResult, address: str) -> HTTPConnection | HTTPSConnection:
        timeout = Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
        if parts.scheme == "http":
            return HTTPConnection(address, _port(parts), timeout=timeout.connect_timeout)
        return HTTPSConnection(
            address,
            _port(parts),
            timeout=timeout.connect_timeout,
            ssl_context=self.trusts or ssl.create_default_context(),
            server_hostname=parts.hostname,
            assert_hostname=parts.hostname,
        )

    def _is_private(self, parts: SplitResult) -> bool:
        return f"{parts.hostname}:{_port(parts)}" in self.private


def is_public(address: str) -> bool:
    """Whether it belongs to a machine anywhere on the internet, and leads to no other address."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is not None:
            return is_public(str(inner))
        if found.teredo is not None or any(found in network for network in THROUGH_OTHERS):
            return False
        if found.is_site_local:
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


class _NotPublic(Exception):
    """It is not an address to which anything may be sent."""


class _TooSlow(Exception):
    """It took longer than it may."""


class _Clock:
    is_over = False


@contextmanager
def _ended_in_time(connection: HTTPConnection) -> Iterator[_Clock]:
    """Cuts the line when all of it takes too long, however slowly something still comes."""
    clock = _Clock()

    def cut() -> None:
        clock.is_over = True
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(ANSWER_SECONDS, cut)
    timer.daemon = True
    timer.start()
    try:
        yield clock
    finally:
        timer.cancel()
        connection.close()


def _port(parts: SplitResult) -> int:
    return parts.port or (HTTPS_PORT if parts.scheme == "https" else 80)
