"""The forms after the end: whether it was done, what came of it elsewhere, and who does not share the decision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forms_app.domain.acts import is_arbiter
from forms_app.domain.escalation import Left, Resolved
from forms_app.domain.policy import BOTH_SIDES
from forms_app.domain.records import CameOf, Dissent, Facts, FollowUp
from forms_app.domain.working_days import spell_date
from forms_app.forms.asking import YES_NO, Asking, Given, Page, PageForm, day_ahead, page_of, past_day, words
from forms_app.forms.entry import Forms, answer_to, checked, in_short, place_in, refused, standing_in
from forms_app.forms.fields import Pick

NO_DUTY = "-"


def following_up(asking: Asking, given: Given) -> Iterator[Page]:
    now = _resolved(asking)
    duties = _duties(asking, now)
    if duties:
        choices = [*duties.items(), (NO_DUTY, "None of these")]
        yield page_of("duty", "What it is about", {"f-duty": Pick("Which of these do you follow up?", choices=choices)})
    duty = given["duty"].get("f-duty") if "duty" in given else None
    if duties and duty is None:
        return
    if _is_of_actions(now, duty):
        yield _actions_page(asking, now)
    yield _what_follows(asking, now, given, duty)


def _actions_page(asking: Asking, now: Resolved) -> Page:
    fields: dict[str, Any] = {}
    depends: dict[str, tuple[str, frozenset[str]]] = {}
    for number, action in enumerate(now.outcome.actions):
        what = f"{in_short(action.what)} ({in_short(action.who)}, by {spell_date(action.by_when)})"
        fields[f"f-action-{number}"] = Pick(f"Was action {number + 1} carried out? {what}", choices=YES_NO)
        fields[f"f-instead-{number}"] = words(asking, f"What happened instead of action {number + 1}?")
        depends[f"f-instead-{number}"] = (f"f-action-{number}", frozenset({"no"}))
    return page_of("actions", "The agreed actions", fields, depends=depends)


def _what_follows(asking: Asking, now: Resolved, given: Given, duty: str | None) -> Page:
    carried_out = tuple(
        given["actions"].get(f"f-action-{number}") == "yes" if "actions" in given else False
        for number in _actions_about(now, duty)
    )

    def unfit(form: PageForm) -> tuple[str, str | None]:
        return "f-then", refused(asking, _followed({"then": form}, duty, carried_out))

    then = {"done": "It is done", "again": "It will be looked at again"}
    word = asking.policy.words.stage
    if _may_open_again(asking, now):
        then["reopen"] = f"The escalation is opened again, at the {word} where it was settled"
    fields = {
        "f-then": Pick("What happens now?", choices=list(then.items())),
        "f-again": day_ahead(asking, "On which day will it be looked at again?"),
        "f-why": words(asking, "What was found, and why does this follow?"),
    }
    depends = {"f-again": ("f-then", frozenset({"again"}))}
    return page_of("then", "What follows", fields, depends=depends, base=checked(unfit))


def followed_up(asking: Asking, forms: Forms) -> Facts:
    duty = answer_to(forms, "f-duty")
    actions = _actions_about(_resolved(asking), duty)
    return _followed(forms, duty, tuple(answer_to(forms, f"f-action-{number}") == "yes" for number in actions))


def _followed(forms: Forms, duty: str | None, carried_out: tuple[bool, ...]) -> FollowUp:
    return FollowUp(
        duty=None if duty == NO_DUTY else duty,
        carried_out=carried_out,
        then=answer_to(forms, "f-then"),
        again_on=answer_to(forms, "f-again"),
    )


def _resolved(asking: Asking) -> Resolved:
    now = standing_in(asking)
    assert isinstance(now, Resolved), "this is asked after the end"
    return now


def _duties(asking: Asking, now: Resolved) -> dict[str, str]:
    """What the policy still wants done, by everybody or by one's own side."""
    own = place_in(asking).side
    return {owed.duty.id: owed.duty.text for owed in now.duties if own in owed.sides and owed.met_at is None}


def _actions_about(now: Resolved, duty: str | None) -> range:
    return range(len(now.outcome.actions) if _is_of_actions(now, duty) else 0)


def _is_of_actions(now: Resolved, duty: str | None) -> bool:
    """Whether it is asked of each agreed action whether it was carried out."""
    about = next((owed.duty for owed in now.duties if owed.duty.id == duty), None)
    return bool(now.outcome.actions) and (about is None or about.due == "action_date")


def _may_open_again(asking: Asking, now: Resolved | Left) -> bool:
    place = place_in(asking)
    return place.side in BOTH_SIDES or is_arbiter(now.visits[-1], place)


def saying_what_came(asking: Asking, given: Given) -> Iterator[Page]:
    now = standing_in(asking)
    assert isinstance(now, Left), "this is asked after it has left"
    resumes = {"no": "No. It came to its end there"}
    if _may_open_again(asking, now):
        resumes["yes"] = f"Yes. It goes on at {asking.policy.stage_title(now.visits[-1].stage)}"
    fields = {
        "f-happened": past_day(asking, "When did you learn of it?"),
        "f-what": words(asking, "What came of it?"),
        "f-resumes": Pick("Does the escalation go on here?", choices=list(resumes.items())),
    }
    yield page_of("came", "What came of it", fields)


def came_of(asking: Asking, forms: Forms) -> Facts:
    return CameOf(resumes=answer_to(forms, "f-resumes") == "yes")


def dissenting(asking: Asking, given: Given) -> Iterator[Page]:
    fields = {
        "f-why": words(asking, "With what do you not agree, and why?"),
        "f-next": words(asking, "What will you do because of it?", required=False),
    }
    intro = "The decision stands. Your dissent is kept with it, and everyone who takes part is told."
    yield page_of("dissent", "Your dissent", fields, intro=intro)


def dissented(asking: Asking, forms: Forms) -> Facts:
    return Dissent()
