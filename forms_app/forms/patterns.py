"""The question from how many similar escalations on a Board looks at them as a pattern."""

from __future__ import annotations

from typing import Any

from wtforms import Form

from forms_app.domain.patterns import LEAST_COUNT, MOST_COUNT, MOST_MONTHS, Threshold
from forms_app.domain.text import Unprintable
from forms_app.forms.fields import Values, Words


class Number(Words):
    """A whole number in one box, between two others."""

    def __init__(self, label: str, *, least: int, most: int, **options: Any) -> None:
        super().__init__(label, **options)
        self.least, self.most = least, most

    def read(self, typed: Values) -> str:
        came = super().read(typed)
        is_number = came.isascii() and came.isdigit() and len(came) < len("1000")
        if came and not (is_number and self.least <= int(came) <= self.most):
            raise ValueError(f"Enter a whole number between {self.least} and {self.most}")
        return came

    def missing(self) -> str:
        return f"Enter a whole number between {self.least} and {self.most}"


class ThresholdForm(Form):
    """Made by `threshold_form`, which adds what the policy leaves open."""

    threshold: Threshold

    def numbers(self) -> tuple[int, int]:
        """The count and the months."""
        own = type(self).threshold
        count = int(self["similar"].data) if "similar" in self else own.count
        return count, int(self["months"].data) if "months" in self else own.months


def threshold_form(threshold: Threshold, *, unprintable: Unprintable) -> type[ThresholdForm]:
    fields: dict[str, Any] = {"threshold": threshold}
    if not threshold.count_from_policy:
        label, hint = "How many similar escalations are a pattern?", "For example, 3"
        fields["similar"] = Number(label, hint=hint, least=LEAST_COUNT, most=MOST_COUNT, unprintable=unprintable)
    if not threshold.months_from_policy:
        label, hint = "In how many months?", "For example, 12"
        fields["months"] = Number(label, hint=hint, least=1, most=MOST_MONTHS, unprintable=unprintable)
    return type("ThresholdForm", (ThresholdForm,), fields)
