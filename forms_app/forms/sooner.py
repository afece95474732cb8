"""The date that protects somebody: it comes before every time limit, and with its reason."""

from __future__ import annotations

from typing import Any

from forms_app.forms.asking import Asking, PageForm, day_ahead, words


class Sooner(PageForm):
    """With a date also the reason must be given."""

    def validate(self, extra_validators: Any = None) -> bool:
        self.question("f-protect_because").required = self["f-protect_by"].data is not None
        return super().validate(extra_validators)


def sooner_questions(asking: Asking, *, required: bool = False) -> dict[str, Any]:
    """`required` where nothing else is asked on the page."""
    hint = "A date here can only make the time limits shorter."
    unless = "" if required else " Leave it empty if the usual limits protect enough."
    label = f"Must it be settled sooner to protect the {asking.policy.words.child}?"
    return {
        "f-protect_by": day_ahead(asking, label, hint=hint + unless, required=required),
        "f-protect_because": words(asking, "Why must it be sooner?", required=False),
    }
