"""The question what explains a table of the Board's numbers."""

from __future__ import annotations

from typing import Any

from wtforms import Form

from forms_app.domain.text import Unprintable
from forms_app.forms.fields import Ticked, Words

LIMIT = 1000
KEPT = "kept"
"""The statement that is asked for once something was found."""
OTHERWISE = "Take out what was found, or confirm that none of it tells who an escalation is about"


def note_form(*, unprintable: Unprintable, found: bool) -> type[Form]:
    fields: dict[str, Any] = {
        "text": Words(
            "What explains this?",
            hint="For everybody who reads the numbers, and for the Board’s reports. Name nobody, and no single escalation. "
            "Leave it empty to take the explanation away.",
            required=False,
            lines=True,
            limit=LIMIT,
            unprintable=unprintable,
        )
    }
    if found:
        fields[KEPT] = Ticked(
            "What was found",
            statement="I have looked at each place. None of it tells who an escalation is about",
            otherwise=OTHERWISE,
        )
    return type("NoteForm", (Form,), fields)
