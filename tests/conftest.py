"""What any test may ask for: a database of either kind, an SMTP server, a browser. Each is real, and starts only when asked for."""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from flask import Flask
from hypothesis import settings as hypothesis_settings
from jinja2.bccache import Bucket, BytecodeCache

from tests import letters
from tests.postgres import PostgresServer, running_postgres
from tests.requirements import titles, unknown
from tests.smtp import SmtpServer, running_smtp_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
RELEASE = os.environ.get("RELEASE") == "1"

# A busy machine is no reason to fail; a release looks at many more examples.
hypothesis_settings.register_profile("daily", deadline=None, max_examples=50, derandomize=True)
hypothesis_settings.register_profile("release", deadline=None, max_examples=2000)
hypothesis_settings.load_profile("release" if RELEASE else "daily")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    marked = {item.nodeid: [name for mark in item.iter_markers("requirement") for name in mark.args] for item in items}
    faults = unknown(marked, known=titles())
    if faults:
        raise pytest.UsageError("\n".join(faults))


def pytest_collection_finish() -> None:
    # What is imported by now stays to the end: looking through it again and again for garbage took a tenth of the time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def release() -> bool:
    """Whether the long versions of proofs are to run: `script/test --release`."""
    return RELEASE


# --- Templates ---


class _Compiled(BytecodeCache):
    """Each test has a service of its own; what its pages compile to is the same in all of them."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._known[bucket.key, bucket.checksum] = bucket.code


Flask.jinja_options = {"bytecode_cache": _Compiled()}

# --- Databases ---


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> str:
    """The name of a database on which all migrations ran: a template to copy, never to use."""
    from forms_app.db.migrate import migrate
    from tests.factories.keys import KEYS

    name = postgres_server.create_database()
    migrate(postgres_server.url(name), KEYS)
    postgres_server.let_service_log_in()
    return name


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file on which all migrations ran: a template to copy, never to use."""
    from forms_app.db.migrate import migrate
    from tests.factories.keys import KEYS

    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(_sqlite_url(file), KEYS)
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return file


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A freshly migrated SQLite file of this test's own."""
    file = tmp_path / "forms.db"
    shutil.copyfile(migrated_sqlite, file)
    return _sqlite_url(file)


@pytest.fixture
def postgresql_url(postgres_server: PostgresServer, migrated_postgres: str) -> Iterator[str]:
    """A freshly migrated PostgreSQL database of this test's own."""
    name = postgres_server.create_database(template=migrated_postgres)
    yield postgres_server.url_of_service(name)
    postgres_server.drop_database(name)


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    return _sqlite_url(tmp_path / "empty.db")


@pytest.fixture
def empty_postgresql_url(postgres_server: PostgresServer) -> Iterator[str]:
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A freshly migrated database of this test's own; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """A database on which no migration ran; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"empty_{request.param}_url")
    return url


def _sqlite_url(file: Path) -> str:
    return f"sqlite:///{file}"


# --- Mail ---


@pytest.fixture(autouse=True)
def every_letter_is_fit() -> Iterator[None]:
    yield
    faults = letters.take_faults()
    assert not faults, faults


@pytest.fixture
def letters_of_others() -> Iterator[None]:
    """For a test that has something else than this service send mail, to show what that does."""
    yield
    letters.take_faults()


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    with running_smtp_server() as server:
        yield server


# --- The browser ---


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real Chromium. Without one the test fails: a journey that nobody walked is not a pass."""
    from playwright.sync_api import sync_playwright

    if not Path(CHROMIUM).is_file():
        pytest.fail(f"There is no browser at {CHROMIUM}: run script/setup --test, or set CHROMIUM to one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                *(["--no-sandbox"] if os.geteuid() == 0 else []),
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def browser_context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser that knows nobody yet. A request that leaves this machine, or a script's error, fails the test."""
    context = chromium.new_context(locale="en-GB", timezone_id="Europe/London", accept_downloads=True)
    context.set_default_timeout(15_000)
    faults = watched(context)
    yield context
    context.close()
    assert not faults, faults


@pytest.fixture
def page(browser_context: BrowserContext) -> Page:
    return browser_context.new_page()


def watched(context: BrowserContext) -> list[str]:
    """The list to which everything that must not happen in this browser is added."""
    faults: list[str] = []
    context.on("request", lambda request: faults.extend(_leaving(request.url)))
    context.on("weberror", lambda error: faults.append(f"script error: {error.error}"))
    context.on("console", lambda message: faults.extend(_complaints(message.type, message.text)))
    return faults


def _leaving(url: str) -> list[str]:
    parts = urlsplit(url)
    stays = parts.scheme in ("about", "blob", "data") or parts.hostname in ("127.0.0.1", "localhost")
    return [] if stays else [f"asked for {url}"]


def _complaints(kind: str, text: str) -> list[str]:
    # The browser also writes a line for each answer of 4xx, which tests ask for on purpose.
    return [text] if kind == "error" and not text.startswith("Failed to load resource") else []
