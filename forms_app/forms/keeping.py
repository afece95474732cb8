"""The questions about how long a Board keeps what, and about what is held back from that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import Form

from forms_app.domain import retention
from forms_app.domain.retention import COUNTED_FROM, CountedFrom, HoldReason, RecordClass, Rule
from forms_app.domain.text import Unprintable
from forms_app.forms.fields import Pick, Values, Words, number_brought_back

FOR_EVER, FOR_A_TIME = "for_ever", "for_a_time"
COUNTED_FROM_HINTS: Mapping[CountedFrom, str] = {
    CountedFrom.LAST_RECORD: "Also of what was recorded after it ended",
    CountedFrom.BIRTH: "Of several children, of the youngest. Kept for ever where no date can be read in what was typed",
}
HOLD_REASONS: Mapping[HoldReason, str] = {
    HoldReason.REVIEW: "A child safeguarding practice review, or another review",
    HoldReason.INQUIRY: "An inquiry, an inspection or a police investigation",
    HoldReason.COURT: "Court proceedings, or a claim",
    HoldReason.REQUEST: "Somebody has asked for what is held about them",
    HoldReason.COMPLAINT: "A complaint",
    HoldReason.OTHER: "Another reason",
}
CLASSES: Mapping[RecordClass, str] = {
    RecordClass.ESCALATION: "Escalations and their documents",
    RecordClass.DRAFT: "Forms that were begun and not sent",
}
UNITS: Mapping[RecordClass, str] = {RecordClass.ESCALATION: "years", RecordClass.DRAFT: "days"}
MOST: Mapping[RecordClass, int] = {RecordClass.ESCALATION: retention.LONGEST_YEARS, RecordClass.DRAFT: 3650}
LEAST: Mapping[RecordClass, int] = {RecordClass.ESCALATION: 1, RecordClass.DRAFT: 30}


class WholeNumber(Words):
    """A number from one to another."""

    def __init__(self, label: str, *, least: int, most: int, unprintable: Unprintable, **options: Any) -> None:
        super().__init__(label, unprintable=unprintable, **options)
        self.least, self.most = least, most

    def read(self, typed: Values) -> str:
        came = super().read(typed)
        if came and not self.least <= number_brought_back(came) <= self.most:
            raise ValueError(f"Enter a whole number from {self.least} to {self.most}")
        return came


class RuleForm(Form):
    """How long one class of record is kept. Made by `rule_form`, which adds its fields."""

    def validate(self, extra_validators: Any = None) -> bool:
        """What is only asked of a time need not be answered where there is none."""
        for name in ("length", "counted_from") if self["how_long"].data != FOR_A_TIME else ():
            if name in self:
                self[name].required = False  # type: ignore[attr-defined]  # each of our fields says whether it is
        return bool(super().validate(extra_validators))

    def rule(self, of: RecordClass) -> Rule:
        chosen = self["counted_from"].data if "counted_from" in self else retention.OF_CLASS[of][0].value
        is_for_ever = self["how_long"].data == FOR_EVER
        return Rule(
            counted_from=CountedFrom(chosen) if chosen else retention.DEFAULTS[of].counted_from,
            length=None if is_for_ever else int(self["length"].data),
            warning_days=int(self["warning_days"].data),
        )


def rule_form(of: RecordClass, *, unprintable: Unprintable) -> type[RuleForm]:
    """The form for the rule of a class. What nobody can choose is not asked."""
    unit, counted = UNITS[of], retention.OF_CLASS[of]
    fields: dict[str, object] = {
        "how_long": Pick(
            "How long are they kept?", choices=[(FOR_EVER, "For ever"), (FOR_A_TIME, "For a time, and then destroyed")]
        ),
        "length": WholeNumber(f"For how many {unit}?", least=LEAST[of], most=MOST[of], unprintable=unprintable),
    }
    if len(counted) > 1:
        fields["counted_from"] = Pick(
            f"From when are the {unit} counted?",
            choices=[(each.value, COUNTED_FROM[each].capitalize()) for each in counted],
            hints={each.value: words for each, words in COUNTED_FROM_HINTS.items()},
        )
    fields["warning_days"] = WholeNumber(
        "How many days before are people told?",
        hint="Nothing is destroyed before they have had all of these days.",
        least=retention.SHORTEST_WARNING_DAYS,
        most=retention.LONGEST_WARNING_DAYS,
        unprintable=unprintable,
    )
    return type("ChosenRuleForm", (RuleForm,), fields)


def answers_of(rule: Rule) -> dict[str, str]:
    """The rule that there is, as the form shows it."""
    return {
        "how_long": FOR_EVER if rule.length is None else FOR_A_TIME,
        "length": "" if rule.length is None else str(rule.length),
        "counted_from": rule.counted_from.value,
        "warning_days": str(rule.warning_days),
    }


def hold_form(*, unprintable: Unprintable) -> type[Form]:
    fields = {
        "reference": Words("Reference of the escalation", hint="For example OAK-1234567.", unprintable=unprintable),
        "because": Pick(
            "Why is it still needed?", choices=[(each.value, words) for each, words in HOLD_REASONS.items()]
        ),
        "sentence": Words(
            "What should whoever lifts the hold know?",
            hint="One or two sentences. Do not name a child.",
            lines=True,
            limit=500,
            unprintable=unprintable,
        ),
    }
    return type("HoldForm", (Form,), fields)
