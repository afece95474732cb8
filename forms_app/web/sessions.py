"""Who is asking. The cookie carries a token and nothing else about the person; the session itself is on the server."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask, abort, current_app, g, request, session

from forms_app.db.actors import NOBODY
from forms_app.db.reach import UNREACHABLE
from forms_app.domain.browsers import browser_of
from forms_app.services import signing_in
from forms_app.services.signing_in import Current, Lapsed, SignedInPerson
from forms_app.services.watchdog import Watchdog
from forms_app.services.workshop import Workshop

TOKEN = "sid"  # noqa: S105  # the name of a place in the cookie
NEXT = "next"
CODE_ASKED = "asked"
UNATTENDED = "X-Unattended"
"""The header of what a page asks by itself. It is no use of the session."""
UNFINISHED = "unfinished"
"""The token of a sign-in that lacks its second step."""


def init_app(app: Flask) -> None:
    app.before_request(_find_session)
    app.before_request(_see_whether_emails_go)
    app.context_processor(lambda: {"person": person_or_none()})


def workshop() -> Workshop:
    """Where pages get their pieces of work: `with workshop().writing() as work`. They are done for whoever is asking."""
    found: Workshop = current_app.extensions["workshop"]
    person = person_or_none() or lapsed_person()
    return found.on_behalf_of(NOBODY if person is None else person.actor)


def poke() -> None:
    """Tells the worker, after a commit, that something is owed."""
    current_app.extensions["poke"]()


def watchdog() -> Watchdog:
    found: Watchdog = current_app.extensions["watchdog"]
    return found


def signed_in_person() -> SignedInPerson:
    """Who is asking, on a page that is not open to everybody."""
    return person_or_none() or abort(404)


def current() -> Current:
    """The session in use, on a page that is not open to everybody."""
    standing = g.get("standing")
    return standing if isinstance(standing, Current) else abort(404)


def person_or_none() -> SignedInPerson | None:
    standing = g.get("standing")
    return standing.person if isinstance(standing, Current) else None


def lapsed_person() -> SignedInPerson | None:
    """Whose session was left alone too long. Such a person may open nothing."""
    standing = g.get("standing")
    return standing.person if isinstance(standing, Lapsed) else None


def secret() -> bytes:
    key = current_app.secret_key
    assert isinstance(key, str)
    return key.encode()


def begin(token: str) -> None:
    """The browser holds this session from now on, under new tokens; one that it held before is ended."""
    end()
    session[TOKEN] = token
    browser = browser_of(request.user_agent.string)
    with workshop().writing() as work:
        signing_in.note_browser(work, token=token, secret=secret(), browser=browser)


def renew(token: str) -> None:
    """The same session under a new token; forms that are open in other tabs can still be sent."""
    session[TOKEN] = token


def begin_second_step(token: str) -> None:
    """The browser holds what is worth a second step and nothing else; where it was going stays known."""
    following = session.get(NEXT)
    end()
    session[UNFINISHED] = token
    if following is not None:
        session[NEXT] = following


def end() -> None:
    token = session.get(TOKEN)
    session.clear()
    g.standing = None
    if token is not None:
        with workshop().writing() as work:
            signing_in.sign_out(work, token=token, secret=secret())


def _find_session() -> None:
    g.standing = None
    token = session.get(TOKEN) if request.endpoint != "static" else None
    if token is None:
        return
    try:
        g.standing = _standing_of(token)
    except UNREACHABLE:
        # What to do at once must be readable when nothing else works; a page for some people only then fails by itself.
        g.database_is_away = True


def _see_whether_emails_go() -> None:
    # Before the page begins its own piece of work: nobody keeps two open.
    if person_or_none() is not None and not g.get("database_is_away"):
        health = watchdog().health()
        g.emails_are_delayed = health is not None and health.emails_are_delayed


def _standing_of(token: str) -> Current | Lapsed | None:
    with workshop().reading() as work:
        standing = signing_in.session_of(work, token=token, secret=secret())
        now = work.now
    if (
        isinstance(standing, Current)
        and UNATTENDED not in request.headers
        and signing_in.is_worth_noting(standing, now)
    ):
        with workshop().writing() as work:
            signing_in.see(work, standing)
        standing = replace(standing, seen_at=now)
    g.seconds_left = signing_in.seconds_left(standing, now)
    return standing
