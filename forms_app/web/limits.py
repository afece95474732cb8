"""What a page costs others, and how often somebody may ask for it: an account that is signed in, or a network address."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request
from werkzeug.exceptions import TooManyRequests

from forms_app.domain.limits import UPLOADS, Limit
from forms_app.services.limits import allows
from forms_app.web.sessions import person_or_none, secret, workshop

View = TypeVar("View", bound=Callable[..., Any])
ONES_OWN_NETWORK = 64
"""Of an IPv6 address so many bits say whose network it is; the others a machine chooses for itself."""


def limited(limit: Limit, *, methods: frozenset[str] = frozenset({"POST"})) -> Callable[[View], View]:
    """Says what a page takes of, each time that it is asked for by one of these methods."""

    def declare(view: View) -> View:
        view.limit = limit, methods  # type: ignore[attr-defined]
        return view

    return declare


def init_app(app: Flask) -> None:
    """Comes after the session is found."""
    app.before_request(_take)


def _take() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    fallback = (UPLOADS, frozenset({"POST"})) if hasattr(view, "largest_file") else (None, frozenset[str]())
    limit, methods = getattr(view, "limit", fallback)
    if limit is None or request.method not in methods:
        return
    person = person_or_none()
    whose = str(person.id) if person is not None else network_of(request.remote_addr)
    with workshop().writing() as work:
        allowed = allows(work, limit, whose=whose, secret=secret())
    if not allowed:
        raise TooManyRequests(retry_after=int(limit.every.total_seconds()))


def network_of(address: str | None) -> str:
    """What is counted as one: an IPv4 address, or the network of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped or ipaddress.ip_network((found, ONES_OWN_NETWORK), strict=False))
    return str(found)
