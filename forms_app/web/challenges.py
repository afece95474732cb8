"""What a page asks a browser's passkeys to sign, which the cookie keeps until the answer comes."""

from __future__ import annotations

import ipaddress
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, request, session

from forms_app.services.passkeys import Asked, PasskeyAnswer, new_challenge, request_options
from forms_app.web.sessions import workshop

CHALLENGE = "challenge"
LONGEST_ANSWER = 20_000


def ask() -> Asked | None:
    """A new challenge; None where the service has no name, since browsers keep no passkeys for a bare network address."""
    challenge = new_challenge(
        workshop().clock()
    )  # not of a piece of work: to sign in is asked also while the database is away
    session[CHALLENGE] = urlsafe_b64encode(challenge).decode()
    return _asked(challenge)


def answer_in_form() -> PasskeyAnswer | None:
    """What the browser answers to the last challenge of this cookie, which is used up by it."""
    asked = _asked(urlsafe_b64decode(session.pop(CHALLENGE, "")))
    credential = request.form.get("credential", "")
    if asked is None or not asked.challenge or len(credential) > LONGEST_ANSWER:
        return None
    return PasskeyAnswer(credential, asked)


def passkey_options() -> str | None:
    """For whoever has a passkey and has not said who they are."""
    asked = ask()
    return as_json(request_options(asked)) if asked is not None else None


def as_json(options: dict[str, Any] | None) -> str | None:
    return json.dumps(options) if options is not None else None


def _asked(challenge: bytes) -> Asked | None:
    # A service on this machine has two names. Everywhere else a proxy may stand before it, which knows less than the settings.
    configured = urlsplit(current_app.config["SERVICE_URL"])
    origin = request.host_url.rstrip("/") if configured.scheme == "http" else f"https://{configured.netloc}"
    host = urlsplit(origin).hostname or ""
    return None if _is_bare_address(host) else Asked(challenge, origin, host)


def _is_bare_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
