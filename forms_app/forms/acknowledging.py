"""The answer of a recipient to a document of an outcome."""

from __future__ import annotations

from typing import Any

from wtforms import Form

from forms_app.documents.printable import unprintable
from forms_app.domain.deliveries import Answer
from forms_app.forms.fields import Pick, Words

LONGEST = 4000
ANSWERS = {
    Answer.AGREES: "I agree",
    Answer.AGREES_ACTIONS: "I agree the actions, but not the outcome",
    Answer.DISAGREES: "I do not agree",
}


class Choice(Pick):
    def missing(self) -> str:
        return "Choose whether you agree"


class Reasons(Words):
    """Asked of whoever does not agree with everything; kept of anybody."""

    def pre_validate(self, form: Any) -> None:
        if self.process_errors or form.answer.data not in (None, "", Answer.AGREES):
            super().pre_validate(form)

    def missing(self) -> str:
        return "Enter your reasons"


class AnswerForm(Form):
    answer = Choice("Do you agree with the outcome?", choices=[(code.value, text) for code, text in ANSWERS.items()])
    reasons = Reasons(
        "Your reasons",
        hint="If you do not agree with everything, say why. Everyone who takes part in the escalation can read it.",
        lines=True,
        limit=LONGEST,
        unprintable=unprintable,
    )
