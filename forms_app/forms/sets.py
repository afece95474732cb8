"""What a set of documents is to have in it. It comes with the address of the page, and so holds months and codes only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from wtforms import Form

from forms_app.documents.catalogue import kind_of
from forms_app.domain.sets import Wanted
from forms_app.forms.fields import PickFromList, Picks

FORMATS = (("pdf", "PDF"), ("docx", "Word (DOCX)"))
ENDS_BEFORE = "Choose the same month as the first, or a later one"


class SetForm(Form):
    """Made by `set_form`, which adds its fields."""

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if self["last_month"].data < self["first_month"].data:
            self["last_month"].errors = [ENDS_BEFORE]
        return not self.errors

    def wanted(self) -> Wanted:
        """Of a form that is valid."""
        return Wanted(
            first_month=month_of(self["first_month"].data),
            last_month=month_of(self["last_month"].data),
            kinds=tuple(self["kinds"].data),
            formats=tuple(self["formats"].data),
        )


def set_form(months: Sequence[date], kinds: Sequence[str]) -> type[SetForm]:
    """The form for documents that were issued in some of these months, the newest first, and are of some of these kinds."""
    groups = {
        str(year): [(code_of(month), f"{month:%B %Y}") for month in of_year]
        for year, of_year in groupby(months, key=lambda month: month.year)
    }
    fields: dict[str, object] = {
        "first_month": PickFromList("From", groups=groups),
        "last_month": PickFromList("Up to and including", groups=groups),
        "kinds": Picks("Which documents?", choices=[(kind, kind_of(kind).title) for kind in kinds]),
        "formats": Picks("As which files?", choices=FORMATS),
    }
    return type("ChosenSetForm", (SetForm,), fields)


def code_of(month: date) -> str:
    return f"{month:%Y-%m}"


def month_of(code: str) -> date:
    return date.fromisoformat(f"{code}-01")
