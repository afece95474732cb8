"""What people and machines are told while emails do not go out."""

from __future__ import annotations

import pytest
from lxml import html

from forms_app.db.tables import WorkerProcess
from forms_app.services.watchdog import Heartbeat, Watchdog
from tests.web.conftest import Site

ADA = "ada@invented.example"
AT_WORK = {"database": "reachable", "worker": "working", "mail": "on time", "standing_work": "done"}


@pytest.fixture
def watched(site: Site) -> Site:
    """It looks at every request."""
    workshop = site.app.extensions["workshop"]
    site.app.extensions["watchdog"] = Watchdog(workshop, every_seconds=0)
    Heartbeat(workshop, "w1").beat()
    return site


def worker_goes(site: Site) -> None:
    with site.database.writing() as session:
        for worker in session.query(WorkerProcess):
            worker.seen_at = site.clock.now.replace(year=2026)


def banner(page: str) -> list[str]:
    found = html.fromstring(page).xpath(
        "//*[contains(@class, 'govuk-notification-banner')][.//*[@id='emails-delayed']]"
    )
    return [" ".join(each.text_content().split()) for each in found if each.tag == "aside"]


def test_everybody_who_is_signed_in_sees_that_emails_are_delayed_and_whom_to_ring(watched: Site) -> None:
    ada = watched.signed_in(ADA)
    assert banner(ada.get("/escalations").text) == []

    worker_goes(watched)
    for path in ("/escalations", "/danger", "/contact", "/nowhere", "/escalations/new"):
        (said,) = banner(ada.get(path).text)
        assert said.startswith("Emails are delayed Nothing is lost:"), path
        assert said.endswith("You can reach your Board on 01632 960100."), path
    assert banner(watched.visitor().get("/danger").text) == []

    Heartbeat(watched.app.extensions["workshop"], "w2").beat()
    assert banner(ada.get("/escalations").text) == []


def test_a_machine_is_told_in_words_how_it_goes(watched: Site) -> None:
    for path in ("/health", "/health/work"):
        answer = watched.visitor().get(path)
        assert (answer.status_code, answer.json) == (200, AT_WORK)


def test_a_worker_that_is_gone_calls_the_monitor_and_leaves_the_web_open(watched: Site) -> None:
    worker_goes(watched)
    serves, works = (watched.visitor().get(path) for path in ("/health", "/health/work"))

    assert (serves.status_code, works.status_code) == (200, 503)
    assert serves.json == works.json == {**AT_WORK, "worker": "gone"}


def test_pages_do_not_each_ask_the_database_how_it_goes(site: Site) -> None:
    looked: list[int] = []
    watchdog = site.app.extensions["watchdog"]
    look = watchdog._look
    watchdog._look = lambda: looked.append(1) or look()
    ada = site.signed_in(ADA)
    for _ in range(5):
        ada.get("/danger")

    assert len(looked) == 1
