"""Who may open a page. Every view says so with `@open_to(…)`; the service does not start while one does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from werkzeug.exceptions import HTTPException, ServiceUnavailable
from werkzeug.wrappers import Response

from forms_app.domain.access import IN_THE_ADDRESS, PARTIES, May, Relation, Role, allows, roles_of
from forms_app.services.permission import ESCALATION, NAMED_BY, standing_to
from forms_app.services.signing_in import SignedInPerson
from forms_app.web.errors import ProofOwed, SignedOutWhileTyping
from forms_app.web.sessions import NEXT, current, lapsed_person, person_or_none, workshop

View = TypeVar("View", bound=Callable[..., Any])
Keeper = Callable[..., None]


class UnguardedPage(Exception):
    """A page does not say who may open it, or says it in a way that cannot be checked."""


BEGINNINGS = ("escalations.yours", "numbers.begun", "trail.every")
"""Where people begin once they have signed in."""
SYSTEM, WHOSE_SYSTEM = frozenset({Role.SYSTEM}), frozenset({Relation.OWN_AGENCY, Relation.OWN_BOARD})


def open_to(
    *lines: May, keep: Keeper | None = None, proved_again: bool = False, before_second_step: bool = False
) -> Callable[[View], View]:
    """Says who may open a page: whom one of these lines of the table allows it.

    `keep` is called with the person and the parts of the address, instead of the view, when a form arrives after its
    person's session lapsed: it should save `request.form` as their draft. With `proved_again` the person must have proved
    lately, and not only when they signed in, that it is them. With `before_second_step` it opens also for somebody who must
    have a second step and has none yet: they open nothing else.
    """

    def declare(view: View) -> View:
        view.open_to = lines  # type: ignore[attr-defined]
        view.keep = keep  # type: ignore[attr-defined]
        view.proved_again = proved_again  # type: ignore[attr-defined]
        view.before_second_step = before_second_step  # type: ignore[attr-defined]
        return view

    return declare


def init_app(app: Flask) -> None:
    """Enforces the table. Comes after the session is found and the form's token is checked."""
    app.before_request(_enforce)
    app.context_processor(lambda: {"opens": opens})


def check_every_page(app: Flask) -> None:
    """Raises UnguardedPage, naming every page that does not say who may open it."""
    faults = list(_faults(app))
    if faults:
        raise UnguardedPage("\n".join(faults))


def _faults(app: Flask) -> Iterable[str]:
    for endpoint in sorted(app.view_functions):
        if endpoint == "static":
            continue
        lines = lines_of(app, endpoint)
        if not lines:
            yield f"{endpoint} does not say who may open it: put @open_to(…) on the view"
        for route in app.url_map.iter_rules(endpoint):
            for part in sorted(set().union(*map(_parts_needed, lines)) - route.arguments):
                yield f"{endpoint} asks how somebody stands to what it is about, but {route.rule} has no <uuid:{part}>"


def _parts_needed(line: May) -> set[str]:
    """The parts of the address without which a line cannot be asked."""
    relations = line.value.relations
    return {part for part, asked in NAMED_BY.items() if asked & relations}


def lines_of(app: Flask, endpoint: str) -> tuple[May, ...]:
    """The lines of the table by which a page opens."""
    found: tuple[May, ...] = getattr(app.view_functions[endpoint], "open_to", ())
    return found


def _enforce() -> Response | None:
    if request.endpoint is None or request.endpoint == "static":
        return None
    lines = lines_of(current_app, request.endpoint)
    if any(allows(line, roles_of(None), ()) for line in lines):
        return None
    if g.get("system") is not None and any(allows(line, SYSTEM, WHOSE_SYSTEM) for line in lines):
        return None  # it said a token: only `web.api` looks for one, and only at its own addresses
    if g.get("database_is_away"):
        raise ServiceUnavailable
    person = person_or_none()
    if person is None:
        return _ask_to_sign_in(lines)
    relations = _relations(person, lines)
    if not _allowed(person, lines, relations):
        return _elsewhere(person) or abort(404)
    g.party_to = (request.view_args or {}).get(ESCALATION) if relations & PARTIES else None
    where = _proof_owed()
    return _ask_for_proof(person, lines, relations, where) if where else None


def _proof_owed() -> str | None:
    """The address where this person must first prove that it is them, if they must."""
    view, standing = current_app.view_functions[request.endpoint or ""], current()
    if standing.lacks_second_step and not getattr(view, "before_second_step", False):
        return url_for("factors.yours")
    if getattr(view, "proved_again", False) and not standing.is_proved_lately:
        return url_for("second_step.again")
    return None


def _ask_for_proof(
    person: SignedInPerson, lines: tuple[May, ...], relations: frozenset[Relation], where: str
) -> Response:
    _remember_page()
    if request.method == "POST":
        raise ProofOwed(kept=_keep(person, lines, relations), where=where)
    return redirect(where, 303)


def _elsewhere(person: SignedInPerson) -> Response | None:
    """Everybody is led to their escalations first. Whoever stands apart has none, and begins elsewhere."""
    if request.endpoint != BEGINNINGS[0]:
        return None
    return next((redirect(url_for(endpoint), 303) for endpoint in BEGINNINGS[1:] if opens(endpoint)), None)


def _allowed(person: SignedInPerson, lines: tuple[May, ...], relations: frozenset[Relation]) -> bool:
    return any(allows(line, roles_of(person), relations) for line in lines)


def _relations(person: SignedInPerson, lines: tuple[May, ...]) -> frozenset[Relation]:
    """How this person stands to what the address is about, as far as a line asks it. What no address can tell holds here,
    and is asked again by the read.
    """
    asked = frozenset[Relation]().union(*(line.value.relations_for(roles_of(person)) for line in lines))
    at_the_door = asked & IN_THE_ADDRESS
    if not at_the_door:
        return asked
    with workshop().reading() as work:
        return (asked - IN_THE_ADDRESS) | standing_to(work, person, at_the_door, request.view_args or {})


def opens(endpoint: str) -> bool:
    """Whether a page that is about nothing in particular opens for whoever is asking: then a link may lead there."""
    person = person_or_none()
    lines = lines_of(current_app, endpoint)
    return person is not None and _allowed(person, lines, _relations(person, lines))


def _ask_to_sign_in(lines: tuple[May, ...]) -> Response:
    _remember_page()
    if request.method == "POST":
        person = lapsed_person()
        kept = person is not None and _keep(person, lines, _relations(person, lines))
        raise SignedOutWhileTyping(kept=kept)
    return redirect(url_for("sign_in.ask"), 303)


def _keep(person: SignedInPerson, lines: tuple[May, ...], relations: frozenset[Relation]) -> bool:
    """Lets the page save what a person typed who must first sign in or prove something, if it knows how to."""
    keep: Keeper | None = getattr(current_app.view_functions[request.endpoint or ""], "keep", None)
    if keep is None or not _allowed(person, lines, relations):
        return False
    keep(person, **(request.view_args or {}))
    return True


def _remember_page() -> None:
    # In the session, not in an address, where anybody could put any page; and only a page that can be opened.
    session.pop(NEXT, None)
    path = request.path
    while path and not can_be_opened(path):
        path = path.rpartition("/")[0]  # of a button, the page that it stood on
    if path:
        session[NEXT] = path


def can_be_opened(path: str) -> bool:
    """Whether this is the path of a page of ours that a browser may simply open."""
    adapter = current_app.create_url_adapter(request)
    try:
        return adapter is not None and adapter.match(path, method="GET") is not None
    except HTTPException:
        return False
