"""The form by which people correct what they recorded: what was wrong, what is right, and why, beside the record itself."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from forms_app.domain.acts import open_to_correction
from forms_app.domain.records import Correction, Facts
from forms_app.forms.asking import Asking, Given, Page, page_of, words
from forms_app.forms.entry import Forms, answer_to, place_in, standing_in
from forms_app.forms.fields import Pick


def correcting(asking: Asking, given: Given) -> Iterator[Page]:
    which = Pick("Which of your records is wrong?", choices=list(_own_records(asking).items()))
    yield page_of("record", "The record", {"f-record": which})
    fields = {
        "f-wrong": words(asking, "What is wrong in it?"),
        "f-right": words(asking, "What is right?"),
        "f-why": words(asking, "Why was it wrong?", hint="For example, what you have learned since, and from whom."),
    }
    intro = "The record stays as it is, with every date that follows from it. Your correction stands beside it."
    yield page_of("correction", "The correction", fields, intro=intro)


def corrected(asking: Asking, forms: Forms) -> Facts:
    return Correction(corrects=UUID(answer_to(forms, "f-record")))


def about_record(asking: Asking, record: str) -> dict[str, list[list[str]]]:
    """What the form begins with for somebody who came from one of their records; nothing for any other record."""
    return {"record": [["f-record", record]]} if record in _own_records(asking) else {}


def _own_records(asking: Asking) -> dict[str, str]:
    """What this person can correct, the latest first."""
    own = open_to_correction(place_in(asking), standing_in(asking))
    return {str(step.id): asking.titles[step.id] for step in reversed(own)}
