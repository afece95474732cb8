"""Guards that are quick to try, and the proof that tests find faults: each of fifteen, planted, turns the one red that is named."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from forms_app.services.signing_in import ask_code
from tests.architecture.tree import PROJECT
from tests.factories.scenes import DOMAIN, scene
from tests.security import faults
from tests.smtp import SmtpServer
from tests.web.conftest import site_of

POLICY = "west-sussex"
FAULTS = 15


def test_a_list_shows_what_is_ones_own_alone(sqlite_url: str) -> None:
    with scene(sqlite_url, POLICY) as here:
        path = f"/escalations/{here.open().escalation_id}"
        site = site_of(here, sqlite_url)
        site.app.testing = True

        shown = {
            who: path in site.visiting(f"{who}.{DOMAIN}").get("/escalations").text
            for who in ("practitioner@school", "practitioner@police", "colleague@school")
        }

    assert shown == {"practitioner@school": True, "practitioner@police": False, "colleague@school": False}


def test_nothing_is_sent_before_what_it_tells_is_written(
    sqlite_url: str, smtp_server: SmtpServer, letters_of_others: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "POST_OFFICE", ("127.0.0.1", smtp_server.port))
    with scene(sqlite_url, POLICY) as here, here.workshop.writing() as work:
        ask_code(work, address=f"practitioner@school.{DOMAIN}", secret=b"invented", link=lambda token: "/link")

        assert not smtp_server.received


def test_from_one_address_no_other_can_be_guessed(sqlite_url: str) -> None:
    with scene(sqlite_url, POLICY) as here:
        filed = [here.open() for _ in range(3)]

    found = [each for one in filed for each in (one.escalation_id, one.record_id)]
    assert {each.version for each in found} == {4}
    assert len({each.hex[:8] for each in found}) == len(found)


def test_each_planted_fault_turns_its_test_red() -> None:
    assert len(faults.FAULTS) == FAULTS
    wanted = [fault.found_by for fault in faults.FAULTS.values()]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.security.faults", "-p", "no:cacheprovider", "-p", "no:randomly",
         "-q", "-rA", "--no-header", "--tb=line", "--show-capture=no", *wanted],
        cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip

    came = {name: word for word, name in re.findall(r"^(PASSED|FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)}
    unfound = {
        name: came.get(fault.found_by, "not run")
        for name, fault in faults.FAULTS.items()
        if came.get(fault.found_by) != "FAILED"
    }
    assert not unfound, f"{unfound}\n{done.stdout[-3000:]}\n{done.stderr[-1000:]}"
