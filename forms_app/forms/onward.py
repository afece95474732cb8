"""Where an escalation goes from the stage where it is: the next stage, or past some stages, with the reason."""

from __future__ import annotations

from typing import Any

from forms_app.domain.acts import Destination, Onward, ways_on
from forms_app.domain.escalation import Open
from forms_app.domain.policy import Code
from forms_app.forms.asking import Asking, Given, Page, PageForm, choices_of, page_of, stage_number
from forms_app.forms.fields import Answerable, Pick, Ticked

WHY = "Why are stages passed over?"
SAY_WHY = "Say why stages are passed over, with one of the policy’s reasons."


def way_taken(asking: Asking, given: Given) -> Onward | None:
    """The way that was chosen; the only one where this person may take only one."""
    ways = _ways_to_take(asking)
    chosen = given["way"].get("f-way") if "way" in given else None
    return ways[0] if len(ways) == 1 else next((way for way in ways if way.key == chosen), None)


def has_choice(asking: Asking) -> bool:
    return len(_ways_to_take(asking)) > 1


def way_page(asking: Asking) -> Page:
    ways = _ways_to_take(asking)
    choices = [(way.key, title_of(asking, way) + _because(way)) for way in ways]
    hints = {way.key: hint for way in ways if (hint := _hint(asking, way))}
    depends = {_reason(asking, way): ("f-way", frozenset({way.key})) for way in ways if way.skip and way.reasons}
    fields: dict[str, Any] = {"f-way": Pick("Where does it go?", choices=choices, hints=hints)}
    fields |= {_reason(asking, way): _why(way) for way in ways if way.skip is not None and way.reasons}
    return page_of("way", "Where it goes", fields, depends=depends)


def reason_given(asking: Asking, way: Onward, form: PageForm | None) -> Code | None:
    """Why stages are passed over: as it was chosen, or the policy's only reason."""
    if not way.reasons:
        return None
    chosen = form[_reason(asking, way)].data if form is not None and way.skip is not None else None
    return chosen if isinstance(chosen, str) else way.reasons[0].id


def title_of(asking: Asking, way: Onward) -> str:
    return asking.policy.stage_title(way.to.stage) if isinstance(way.to, Destination) else way.to.title


def said_about_ways(asking: Asking) -> list[str]:
    """What whoever takes it further should know: how often it happens, and what somebody else could decide."""
    return [*_pattern(asking), *(_barred(asking, way) for way in _ways(asking) if way not in _ways_to_take(asking))]


def _ways(asking: Asking) -> tuple[Onward, ...]:
    return ways_on(asking.standing, similar=asking.similar) if isinstance(asking.standing, Open) else ()


def _ways_to_take(asking: Asking) -> list[Onward]:
    return [way for way in _ways(asking) if asking.place is not None and way.may_be_taken_by(asking.place)]


def _reason(asking: Asking, way: Onward) -> str:
    number = stage_number(asking.policy, way.to.stage) if isinstance(way.to, Destination) else "out"
    return f"f-reason-{number}"


def _why(way: Onward) -> Answerable:
    if len(way.reasons) == 1:
        return Ticked(WHY, statement=way.reasons[0].title, otherwise=SAY_WHY)
    return Pick(WHY, choices=choices_of(way.reasons))


def _hint(asking: Asking, way: Onward) -> str:
    if not way.passes_over:
        return ""
    return f"This passes over {_listed([asking.policy.stage_title(stage) for stage in way.passes_over])}."


def _because(way: Onward) -> str:
    """Two ways can lead to one stage: for a reason that somebody gives, and because of how often it happens."""
    because = way.reasons[0].title if way.skip is None and way.reasons else ""
    return because and f", because {because[0].lower()}{because[1:]}"


def _barred(asking: Asking, way: Onward) -> str:
    reasons = " Or: ".join(reason.title for reason in way.reasons)
    return (
        f"It could also go straight to {title_of(asking, way)}{f', for this reason: {reasons}' if reasons else ''}. "
        "The policy wants a second person to decide that. Ask somebody else on your side to take it further."
    )


def _pattern(asking: Asking) -> list[str]:
    pattern = asking.policy.pattern
    if pattern is None:
        return []
    months = f"{pattern.months} months" if pattern.months else "12 months"
    others = asking.similar - 1
    if others < 1:
        return [f"There has been no other escalation like this one in the last {months}."]
    many = "was 1 other escalation" if others == 1 else f"were {others} other escalations"
    return [f"There {many} like this one in the last {months}, with the same agencies and the same reason."]


def _listed(titles: list[str]) -> str:
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"
