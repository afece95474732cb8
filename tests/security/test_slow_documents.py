"""A text that takes endlessly long to print holds nobody else up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from forms_app.documents.contexts import Answer, Section
from forms_app.documents.faults import DocumentFault
from forms_app.documents.press import Limits, Press
from forms_app.domain.text import LONG, gate
from tests.documents.examples import PLAIN
from tests.mail.owed import Office, open_office, owe_document

SLOW = PLAIN["written_account"].model_copy(
    update={
        "sections": (
            Section(
                title="What happened",
                answers=(Answer(question="What happened?", answer=gate("\t" * (LONG - 1) + "a", limit=LONG)),),
            ),
        )
    }
)
"""What the gate lets through and takes two minutes."""


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (Limits(seconds=1), "longer than 1 seconds to make"),
        (Limits(cpu_seconds=1), "longer than 1 seconds of computing to make"),
    ],
)
def test_a_document_that_takes_too_long_is_given_up_with_a_sentence(limits: Limits, sentence: str) -> None:
    with Press(limits) as press:
        press.issue("notice_to_board", PLAIN["notice_to_board"])
        began = time.monotonic()

        with pytest.raises(DocumentFault, match=sentence):
            press.issue("written_account", SLOW)  # type: ignore[arg-type]

        assert time.monotonic() - began < 15
        assert press.issue("written_account", PLAIN["written_account"]).pdf


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        opened.clock.now = datetime.now(UTC)
        yield opened


def test_what_is_given_up_is_put_off_and_the_next_is_made(office: Office) -> None:
    slow = owe_document(office, kind="written_account", context=SLOW.model_dump_json())
    next_one = owe_document(office)
    with Press(Limits(seconds=2)) as press:
        office.issue = press.issue
        office.work()

    assert "longer than 2 seconds" in str(office.item(slow).fault)
    assert office.document(slow).files == []
    assert [file.format for file in office.document(next_one).files] == ["docx", "page", "pdf"]
