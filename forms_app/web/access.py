"""Who may open a page. Every view says so with `@open_to(…)`; the service does not start while one does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from werkzeug.exceptions import HTTPException, ServiceUnavailable
from werkzeug.wrappers import Response

from forms_app.db.reads import takes_part
from forms_app.domain.policy import Audience
from forms_app.domain.seats import Seat
from forms_app.services.contacts import owners_kept_by
from forms_app.services.signing_in import SignedInPerson
from forms_app.web.errors import SignedOutWhileTyping
from forms_app.web.sessions import NEXT, lapsed_person, person_or_none, workshop

View = TypeVar("View", bound=Callable[..., Any])
Keeper = Callable[..., None]
ESCALATION = "escalation_id"


class UnguardedPage(Exception):
    """A page does not say who may open it, or says it in a way that cannot be checked."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One answer to “who may open this page?”. `allows` is only asked about somebody who is signed in."""

    name: str
    allows: Callable[[SignedInPerson], bool]
    needs: str | None = None
    """The part of the address that the rule looks at."""


def _is_party(person: SignedInPerson) -> bool:
    escalation_id = (request.view_args or {})[ESCALATION]
    assert isinstance(escalation_id, UUID)
    with workshop().reading() as work:
        return takes_part(work.session, escalation_id, person.id)


def _keeps_contacts(person: SignedInPerson) -> bool:
    with workshop().reading() as work:
        return bool(owners_kept_by(work, by=person.id))


anyone = Rule("anyone", lambda person: True)
signed_in = Rule("signed in", lambda person: True)
board_office = Rule("the Board's office", lambda person: person.sees_register)
administrator = Rule("whoever administers people", lambda person: person.administers_people)
analyst = Rule("whoever works with the Board's numbers", lambda person: person.seat == Seat.ANALYST)
auditor = Rule("whoever audits the trail", lambda person: person.seat == Seat.AUDITOR)
business_unit = Rule("the Board's business unit", lambda person: person.seat == Audience.BUSINESS_UNIT)
keeps_contacts = Rule("whoever keeps contacts right", _keeps_contacts)
party = Rule("party", _is_party, needs=ESCALATION)


def open_to(*rules: Rule, keep: Keeper | None = None, proved_again: bool = False) -> Callable[[View], View]:
    """Says who may open a page: whoever one of the rules allows.

    `keep` is called with the person and the parts of the address, instead of the view, when a form arrives after its
    person's session lapsed: it should save `request.form` as their draft. With `proved_again` the person must have proved
    lately, and not only when they signed in, that it is them.
    """

    def declare(view: View) -> View:
        view.open_to = rules  # type: ignore[attr-defined]
        view.keep = keep  # type: ignore[attr-defined]
        view.proved_again = proved_again  # type: ignore[attr-defined]
        return view

    return declare


def init_app(app: Flask) -> None:
    """Enforces the rules. Comes after the session is found and the form's token is checked."""
    app.before_request(_enforce)


def check_every_page(app: Flask) -> None:
    """Raises UnguardedPage, naming every page that does not say who may open it."""
    faults = list(_faults(app))
    if faults:
        raise UnguardedPage("\n".join(faults))


def _faults(app: Flask) -> Iterable[str]:
    for endpoint in sorted(app.view_functions):
        if endpoint == "static":
            continue
        rules = _rules(app, endpoint)
        if not rules:
            yield f"{endpoint} does not say who may open it: put @open_to(…) on the view"
        for route in app.url_map.iter_rules(endpoint):
            for rule in rules:
                if rule.needs is not None and rule.needs not in route.arguments:
                    yield f"{endpoint} is open to “{rule.name}”, but {route.rule} has no <uuid:{rule.needs}>"


def _rules(app: Flask, endpoint: str) -> tuple[Rule, ...]:
    rules: tuple[Rule, ...] = getattr(app.view_functions[endpoint], "open_to", ())
    return rules


def _enforce() -> Response | None:
    if request.endpoint is None or request.endpoint == "static":
        return None
    rules = _rules(current_app, request.endpoint)
    if anyone in rules:
        return None
    if g.get("database_is_away"):
        raise ServiceUnavailable
    person = person_or_none()
    if person is None:
        return _ask_to_sign_in(rules)
    allowing = [rule for rule in rules if rule.allows(person)]
    if not allowing:
        abort(404)
    g.party_to = (request.view_args or {}).get(ESCALATION) if party in allowing else None
    return None


def _ask_to_sign_in(rules: tuple[Rule, ...]) -> Response:
    _remember_page()
    if request.method == "POST":
        raise SignedOutWhileTyping(kept=_keep(rules))
    return redirect(url_for("sign_in.ask"), 303)


def _keep(rules: tuple[Rule, ...]) -> bool:
    """Lets the page save what a person typed before their session lapsed, if it knows how to."""
    person, view_args = lapsed_person(), request.view_args or {}
    keep: Keeper | None = getattr(current_app.view_functions[request.endpoint or ""], "keep", None)
    if person is None or keep is None or not any(rule.allows(person) for rule in rules):
        return False
    keep(person, **view_args)
    return True


def _remember_page() -> None:
    # In the session, not in an address, where anybody could put any page; and only a page that can be opened.
    session.pop(NEXT, None)
    if can_be_opened(request.path):
        session[NEXT] = request.path


def can_be_opened(path: str) -> bool:
    """Whether this is the path of a page of ours that a browser may simply open."""
    adapter = current_app.create_url_adapter(request)
    try:
        return adapter is not None and adapter.match(path, method="GET") is not None
    except HTTPException:
        return False
