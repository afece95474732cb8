"""Whether a form was first filled in on paper: when, and by whom."""

from __future__ import annotations

from typing import Any

from forms_app.forms.asking import YES_NO, Asking, Page, page_of, past_day
from forms_app.forms.fields import Pick, Words

PAPER = "paper"
INTRO = (
    "Answer this only if it was written on paper before it was typed in here, such as on a blank form of the service."
)


class UnlessSaid(Pick):
    """Whoever does not answer says no."""

    def answer(self) -> str:
        return super().answer() or "No"


def paper_page(asking: Asking) -> Page:
    """The last page of every form. Nobody has to open it."""
    fields: dict[str, Any] = {
        "f-paper": UnlessSaid("Was this first written on paper?", choices=YES_NO, required=False),
        "f-paper_on": past_day(asking, "On which day was it written?"),
        "f-paper_by": Words("Who wrote it?", hint="Their name, job title and agency.", unprintable=asking.unprintable),
    }
    yes = ("f-paper", frozenset({"yes"}))
    depends = {"f-paper_on": yes, "f-paper_by": yes}
    return page_of(PAPER, "Typed in from paper", fields, depends=depends, intro=INTRO, skippable=True)
