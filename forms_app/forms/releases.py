"""The questions about a document that waits: its short texts, what becomes of each thing that was found, why it is sent back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wtforms import Form

from forms_app.domain.release import LIMIT, Decision, FoundPlace, ShortText, What
from forms_app.domain.text import Unprintable
from forms_app.forms.asking import PageForm
from forms_app.forms.fields import Pick, Picks, Values, Words

NONE = "none"
NEITHER = "Write at least one short text, or tick that none is needed"
BOTH = "You wrote a short text and ticked that none is needed. Do only one of them"


class TextsForm(Form):
    """The short texts of one document. Made by `texts_form`, which adds its fields."""

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if valid and bool(self.texts()) == self.without_texts:
            self["f-none"].errors = [BOTH if self.without_texts else NEITHER]
            return False
        return bool(valid)

    def texts(self) -> dict[str, str]:
        written = {name.removeprefix("t-"): field.data for name, field in self._fields.items() if name[:2] == "t-"}
        return {name: text for name, text in written.items() if text and text.strip()}

    @property
    def without_texts(self) -> bool:
        return bool(self["f-none"].data)


def texts_form(texts: Iterable[ShortText], *, unprintable: Unprintable) -> type[TextsForm]:
    fields: dict[str, Any] = {
        f"t-{text.id}": Words(text.title, lines=True, limit=LIMIT, required=False, unprintable=unprintable)
        for text in texts
    }
    fields["f-none"] = Picks("If there is nothing to add", choices=[(NONE, "No short text is needed")], required=False)
    return type("Texts", (TextsForm,), fields)


def texts_given(texts: Iterable[ShortText], *, without_texts: bool) -> dict[str, Any]:
    """What stands in the form at first."""
    return {**{f"t-{text.id}": text.text for text in texts}, "f-none": (NONE,) if without_texts else ()}


class WhatBecomes(Pick):
    def missing(self) -> str:
        return f"Choose what becomes of {self.label.text}"


class InItsPlace(Words):
    def missing(self) -> str:
        return "Enter the words to put in its place"


class Reason(Words):
    def missing(self) -> str:
        return "Say why it can stay"


class FindingsForm(PageForm):
    """What becomes of each thing that was found. Made by `findings_form`, which adds its fields."""

    def decisions(self, findings: Iterable[FoundPlace]) -> tuple[Decision, ...]:
        return tuple(self._decision(finding) for finding in findings)

    def _decision(self, finding: FoundPlace) -> Decision:
        what: What = self[f"f-what-{finding.number}"].data if finding.can_change else "keep"
        words = {"remove": "", "generalise": f"f-words-{finding.number}", "keep": f"f-because-{finding.number}"}[what]
        return Decision(finding.number, what, self[words].data if words else "")


def findings_form(findings: Iterable[FoundPlace], *, unprintable: Unprintable) -> type[FindingsForm]:
    fields: dict[str, Any] = {}
    depends: dict[str, tuple[str, frozenset[str]]] = {}
    for finding in findings:
        fields |= dict(_fields_of(finding, unprintable))
        depends |= _depends_of(finding)
    return type("Findings", (FindingsForm,), {**fields, "depends": depends})


def suggested(findings: Iterable[FoundPlace]) -> dict[str, str]:
    """What stands in the form at first: the words that are suggested."""
    return {f"f-words-{finding.number}": finding.suggestion for finding in findings if finding.can_change}


def _fields_of(finding: FoundPlace, unprintable: Unprintable) -> Iterator[tuple[str, Any]]:
    number, quoted = finding.number, f"“{finding.text}”"
    if not finding.can_change:
        yield f"f-because-{number}", Reason(f"Why can {quoted} stay?", unprintable=unprintable)
        return
    choices = (("generalise", "Put other words in its place"), ("remove", "Remove it"), ("keep", "Keep it"))
    yield f"f-what-{number}", WhatBecomes(quoted, choices=choices, hint=finding.why)
    yield f"f-words-{number}", InItsPlace("Words to put in its place", unprintable=unprintable)
    yield f"f-because-{number}", Reason("Why can it stay?", unprintable=unprintable)


def _depends_of(finding: FoundPlace) -> Mapping[str, tuple[str, frozenset[str]]]:
    if not finding.can_change:
        return {}
    asked = f"f-what-{finding.number}"
    return {
        f"f-words-{finding.number}": (asked, frozenset({"generalise"})),
        f"f-because-{finding.number}": (asked, frozenset({"keep"})),
    }


class SendBackForm(Form):
    """Why a document goes back. Made by `send_back_form`."""


class WhatToChange(Words):
    def read(self, typed: Values) -> str:
        return super().read(typed).strip()

    def missing(self) -> str:
        return "Say what must be changed"


def send_back_form(*, unprintable: Unprintable) -> type[SendBackForm]:
    hint = "A sentence for whoever prepared it. Do not name anybody."
    return type(
        "SendBack",
        (SendBackForm,),
        {"f-because": WhatToChange("What must be changed?", hint=hint, unprintable=unprintable)},
    )
