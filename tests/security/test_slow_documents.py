"""A text that takes endlessly long to print holds nobody else up."""

from __future__ import annotations

import signal
import time
from datetime import timedelta
from typing import Any

import pytest

from forms_app.documents.contexts import Answer, Section
from forms_app.documents.faults import DocumentFault
from forms_app.documents.issue import issue
from forms_app.domain.text import LONG, gate
from forms_app.worker import in_time
from tests.documents.examples import PLAIN

SECOND = timedelta(seconds=1)


def test_a_document_that_takes_too_long_is_given_up_with_a_sentence() -> None:
    tabs = gate("\t" * (LONG - 1) + "a", limit=LONG)
    slow = (Section(title="What happened", answers=(Answer(question="What happened?", answer=tabs),)),)
    context = PLAIN["written_account"].model_copy(update={"sections": slow})
    began = time.monotonic()

    with pytest.raises(DocumentFault, match="takes longer than 1 seconds to make"):
        in_time(issue, SECOND)("written_account", context)  # type: ignore[arg-type]

    assert time.monotonic() - began < 15


def test_an_alarm_that_is_swallowed_rings_again() -> None:
    rung = 0

    def stubborn(*_: Any) -> Any:
        nonlocal rung
        while rung < 2:
            try:
                time.sleep(10)
            except DocumentFault:
                rung += 1
        time.sleep(10)

    with pytest.raises(DocumentFault):
        in_time(stubborn, SECOND / 10)("written_account", PLAIN["written_account"])


def test_no_alarm_rings_after_a_document_that_was_in_time() -> None:
    before = signal.getsignal(signal.SIGALRM)

    assert in_time(issue, SECOND * 60)("written_account", PLAIN["written_account"]).pdf  # type: ignore[arg-type]

    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) == before
