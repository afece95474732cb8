"""The register's forms: what to show, which stands in the address and so holds codes only; a reference to look for; a view's name."""

from __future__ import annotations

from typing import Any

from wtforms import Form

from forms_app.documents.printable import unprintable
from forms_app.domain.register import State
from forms_app.domain.register_filters import Choices, Only, RegisterChoices, Sort, reference_typed
from forms_app.forms.fields import PickFromList, Picks, Words

ORDERS = {
    Sort.NEWEST: "Newest first",
    Sort.OLDEST: "Oldest first",
    Sort.DUE: "Next due first",
    Sort.RECORDED: "Last recorded first",
    Sort.REFERENCE: "By reference",
}
STATES = {State.OPEN: "Open", State.RESOLVED: "Resolved", State.LEFT: "Gone on outside the policy"}
ONLY = {
    Only.OVERDUE: "Overdue",
    Only.QUIET: "Gone quiet",
    Only.UNIT: "Needs the business unit",
}
LONGEST_NAME = 60
FIRST = "first"


def filter_form(choices: RegisterChoices) -> type[Form]:
    """A question for each filter that has more than nothing to choose from."""
    asked: dict[str, tuple[str, Choices]] = {
        "only": ("At this moment", {"Now": _pairs(ONLY)}),
        "state": ("Open or ended", {"State": _pairs(STATES)}),
        "policy": ("Policy", choices.policy),
        "stage": ("Stage, where it is or ended", choices.stage),
        "reason": ("Reason", choices.reason),
        "raising": ("Raised by", choices.agency),
        "receiving": ("Raised with", choices.agency),
        "outcome": ("Outcome", choices.outcome),
        "period": ("Opened in", choices.period),
        "sort": ("Order", {"Order": _pairs(ORDERS)}),
    }
    return type(
        "FilterForm",
        (Form,),
        {name: PickFromList(label, groups=groups) for name, (label, groups) in asked.items() if groups},
    )


def search_form(board_code: str) -> type[Form]:
    """Looks for a reference and nothing else: what could be somebody’s name is refused before it stands in an address."""

    class Reference(Words):
        def read(self, typed: Any) -> str:
            came = super().read(typed)
            found = reference_typed(came, board_code)
            if came and found is None:
                raise ValueError(self.missing())
            return found or ""

        def missing(self) -> str:
            return f"Enter a reference such as {board_code}-7K2MBCD, or how it begins, such as {board_code}-7K"

    class SearchForm(Form):
        reference = Reference(
            "Reference", hint=f"All of it, or how it begins: {board_code}-7K", limit=40, unprintable=unprintable
        )

    return SearchForm


class ViewForm(Form):
    view_name = Words(
        "Name of the view",
        hint="Only you see it. Do not write the name of a child or of anybody else.",
        limit=LONGEST_NAME,
        unprintable=unprintable,
    )
    opens = Picks("When I open the register", choices=[(FIRST, "Show this view first")], required=False)


def _pairs(words: Any) -> list[tuple[str, str]]:
    return [(str(code), title) for code, title in words.items()]
