"""The questions about a line of the registers of learning and of gaps, about what comes of an escalation, and about patterns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import Form

from forms_app.domain.learning import LIMIT, SUB_GROUPS, Kind, LineDetails, Owner, Show
from forms_app.domain.seats import Seat
from forms_app.domain.text import Unprintable
from forms_app.forms.fields import Day, Pick, PickFromList, Words

Groups = Mapping[str, Sequence[tuple[str, str]]]
NONE = "none"
SHOWN: Mapping[Show, str] = {
    Show.OPEN: "Open",
    Show.OVERDUE: "Overdue",
    Show.DONE: "Done",
    Show.EVERYTHING: "Open and done",
}
KEPT = "kept"
"""The question that is asked once something was found."""


class LineForm(Form):
    """One line. Made by `line_form`, which adds its fields."""

    policy_key: str

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if self["kind"].data == Kind.GAP and not self["section"].data and not self["section"].errors:
            self["section"].errors = ["Enter where in the policy the gap is"]
            return False
        return bool(valid)

    def details(self) -> LineDetails:
        kind, code, group = Kind(self["kind"].data), self["code"].data, self["sub_group"].data
        return LineDetails(
            kind=kind,
            policy_key=type(self).policy_key,
            code=None if code == NONE or kind is Kind.GAP else code,
            section=self["section"].data,
            what=self["what"].data,
            action=self["action"].data,
            owner=Owner.read(self["owner"].data),
            due_on=self["due_on"].data,
            sub_group=None if group == NONE else Seat(group),
        )


def line_form(
    *,
    unprintable: Unprintable,
    policy_key: str,
    codes: Sequence[tuple[str, str]],
    owners: Groups,
    seats: Mapping[Seat, str],
    asks_to_keep: bool,
) -> type[LineForm]:
    """`codes` are the policy's kinds of learning; with `asks_to_keep` it asks why what was found can stay."""
    long: dict[str, Any] = {"lines": True, "limit": LIMIT, "unprintable": unprintable}
    fields: dict[str, Any] = {
        "policy_key": policy_key,
        "kind": Pick(
            "Which register?",
            choices=[(Kind.LEARNING.value, "Learning"), (Kind.GAP.value, "A gap in the policy")],
        ),
        "code": Pick(
            "What kind of learning, as the policy names it?",
            choices=[*codes, (NONE, "None of these, or a gap in the policy")],
        ),
        "section": Words(
            "Where in the policy?",
            hint="For a gap: the stage or the section, for example “Stage 2, time limits”.",
            required=False,
            unprintable=unprintable,
        ),
        "what": Words(
            "What is learnt, or what is the gap?",
            hint="Write it anew, for people who know nothing of the escalation. Leave out what happened, to whom, where and when.",
            **long,
        ),
        "action": Words("What will be done about it?", **long),
        "owner": PickFromList("Who sees to it?", groups=owners),
        "due_on": Day("By when?", hint="For example, 27 3 2027"),
        "sub_group": Pick(
            "Which sub-group has it?",
            choices=[*((each.value, seats[each]) for each in SUB_GROUPS), (NONE, "No sub-group")],
            hint="Its members see this line.",
        ),
    }
    if asks_to_keep:
        fields[KEPT] = _why_it_can_stay(unprintable)
    return type("LineForm", (LineForm,), fields)


def given_of_line(details: LineDetails) -> dict[str, Any]:
    """What stands in the form at the beginning."""
    return {
        "kind": details.kind.value,
        "code": details.code or NONE,
        "section": details.section,
        "what": details.what,
        "action": details.action,
        "owner": details.owner.code,
        "due_on": details.due_on,
        "sub_group": details.sub_group.value if details.sub_group else NONE,
    }


def done_form(*, unprintable: Unprintable, asks_to_keep: bool) -> type[Form]:
    fields: dict[str, Any] = {
        "done": Words("What was done?", lines=True, limit=LIMIT, unprintable=unprintable),
    }
    if asks_to_keep:
        fields[KEPT] = _why_it_can_stay(unprintable)
    return type("DoneForm", (Form,), fields)


def reason_form(label: str, *, unprintable: Unprintable) -> type[Form]:
    """A sentence that says why."""
    fields = {"reason": Words(label, lines=True, limit=LIMIT, unprintable=unprintable)}
    return type("ReasonForm", (Form,), fields)


def lines_filter(*, owners: Groups, seats: Mapping[Seat, str]) -> type[Form]:
    """Which lines to list. It comes with the address of the page, and so holds ids and codes only."""
    fields = {
        "show": PickFromList("Which lines", groups={"Lines": [(each.value, words) for each, words in SHOWN.items()]}),
        "sub_group": PickFromList(
            "Sub-group", groups={"Sub-groups": [(each.value, seats[each]) for each in SUB_GROUPS]}
        ),
        "owner": PickFromList("Who sees to it", groups=owners),
    }
    return type("FilterForm", (Form,), fields)


def _why_it_can_stay(unprintable: Unprintable) -> Words:
    return Words(
        "Why can it stay?",
        hint="Only if nobody can be recognised by it. Leave it empty if you changed the text. Your reason is kept for the business unit.",
        required=False,
        limit=LIMIT,
        lines=True,
        unprintable=unprintable,
    )
