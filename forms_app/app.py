"""The only place where the parts meet."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import TracebackType
from urllib.parse import urlsplit

import structlog
from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from forms_app.db.database import Database
from forms_app.db.faults import faults_told
from forms_app.db.keys import WrappingKeys
from forms_app.db.reach import UNREACHABLE
from forms_app.documents.printable import unprintable
from forms_app.documents.signatures import SigningKey
from forms_app.logs import kinds, way
from forms_app.policies.bank_holidays import calendar_of
from forms_app.policies.shelf import SHIPPED, Shelf
from forms_app.services.signing_in import LONGEST
from forms_app.services.watchdog import Watchdog
from forms_app.services.workshop import Workshop
from forms_app.settings import ROOT, Settings
from forms_app.web import (
    access,
    agencies,
    api,
    blank_forms,
    board,
    calendars,
    deliveries,
    directory,
    documents,
    email_texts,
    emails,
    errors,
    escalations,
    factors,
    files,
    headers,
    keeping,
    layouts,
    learning,
    leaving,
    limits,
    mail_domains,
    noting,
    numbers,
    origin,
    other_systems,
    own_sessions,
    pages,
    patterns,
    people,
    places,
    policies,
    proof,
    releases,
    rendering,
    reports,
    request_log,
    saved_views,
    second_step,
    sessions,
    sets,
    sign_in,
    single_sign_on,
    today,
    trail,
    uploads,
)

LARGEST_REQUEST = 2 * 1024 * 1024
MOST_FORM_PARTS = 2000
THIS_MACHINE = ["127.0.0.1", "localhost"]
"""Two names of one address: a service that runs at one of them answers to both."""
BLUEPRINTS = (
    pages.blueprint,
    sign_in.blueprint,
    single_sign_on.blueprint,
    second_step.blueprint,
    factors.blueprint,
    own_sessions.blueprint,
    leaving.blueprint,
    escalations.blueprint,
    documents.blueprint,
    calendars.blueprint,
    releases.blueprint,
    board.blueprint,
    saved_views.blueprint,
    today.blueprint,
    sets.blueprint,
    numbers.blueprint,
    learning.blueprint,
    patterns.blueprint,
    reports.blueprint,
    deliveries.blueprint,
    places.blueprint,
    mail_domains.blueprint,
    emails.blueprint,
    email_texts.blueprint,
    blank_forms.blueprint,
    directory.blueprint,
    people.blueprint,
    *files.BLUEPRINTS,
    agencies.blueprint,
    layouts.blueprint,
    keeping.blueprint,
    policies.blueprint,
    proof.blueprint,
    trail.blueprint,
    other_systems.blueprint,
    api.blueprint,
)

log = structlog.get_logger("forms_app.app")


class Site(Flask):
    def log_exception(self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
        """Without the address and the message, both of which may carry what a person wrote, however logs are set up."""
        if exc_info[1] is not None:
            log.error("fault", error=kinds(exc_info[1]), where=way(exc_info[1]))


def create_app(settings: Settings, *, workshop: Workshop | None = None, poke: Callable[[], None]) -> Flask:
    """The web service. `poke` tells the worker that something is owed. Raises UnguardedPage for a page open to nobody knows whom."""
    app = Site("forms_app", static_folder=str(ROOT / "forms_app" / "static"), template_folder=str(ROOT / "templates"))
    _configure(app, settings)
    app.extensions["workshop"] = workshop or open_workshop(settings)
    app.extensions["poke"] = poke
    app.extensions["watchdog"] = Watchdog(app.extensions["workshop"])
    key = settings.signing_key
    app.extensions["signing_key"] = SigningKey.from_setting(key.get_secret_value()) if key else None
    request_log.init_app(app)
    headers.init_app(app)
    leaving.init_app(app)
    origin.init_app(app)
    sessions.init_app(app)
    uploads.init_app(app)
    CSRFProtect(app).exempt(api.blueprint)  # it takes tokens and no cookies, which alone a browser sends by itself
    limits.init_app(app)
    api.init_app(app)
    access.init_app(app)
    noting.init_app(app)
    leaving.init_keeping(app)
    errors.init_app(app)
    rendering.init_app(app)
    app.url_map.converters["form"] = escalations.FormPath
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    access.check_every_page(app)
    return app


def open_shelf(settings: Settings) -> Shelf:
    """Every policy of the settings. Raises PolicyFaults, also for words that no document could print."""
    return Shelf.from_folders([SHIPPED, *settings.policy_folders], unprintable)


def open_workshop(settings: Settings) -> Workshop:
    """Pieces of work on the real database, under the policies of the settings, at the real time."""
    return Workshop(
        database=open_database(settings),
        shelf=open_shelf(settings),
        calendars=calendar_of,
        clock=lambda: datetime.now(UTC),
    )


def open_database(settings: Settings) -> Database:
    """Raises DatabaseFault where the keys of the settings are not those of what is sealed in it."""
    database = Database(settings.database_url, WrappingKeys(settings.sealing_keys.get_secret_value()))
    with faults_told(settings.database_url), suppress(*UNREACHABLE):  # a database that is down may come up later
        database.require_keys()
    return database


def _configure(app: Flask, settings: Settings) -> None:
    address = urlsplit(settings.service_url)
    secure = address.scheme == "https"
    # The service itself speaks no https, so with it there is a server in front.
    proxies = int(secure) if settings.proxies is None else settings.proxies
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=0)  # type: ignore[method-assign]
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SERVICE_URL=settings.service_url,
        NEUTRAL_PAGE=settings.neutral_page,
        WEBHOOK_PRIVATE_RECEIVERS=settings.webhook_private_receivers,
        SINGLE_SIGN_ON_SECRETS={
            issuer: secret.get_secret_value() for issuer, secret in settings.single_sign_on_secrets.items()
        },
        TRUSTED_HOSTS=THIS_MACHINE if address.hostname in THIS_MACHINE else [address.hostname],
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=LARGEST_REQUEST,
        MAX_FORM_PARTS=MOST_FORM_PARTS,
        # A browser takes a __Host- cookie only over https, for the whole site, and from this host alone.
        SESSION_COOKIE_NAME="__Host-session" if secure else "session",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=LONGEST + timedelta(hours=1),
        # A form's token lives as long as its session. Referrers are never sent, so they cannot be asked for.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
