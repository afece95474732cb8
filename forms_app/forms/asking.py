"""Which form is asked of whom, and what the pages of every form are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID

from werkzeug.datastructures import MultiDict
from wtforms import Form

from forms_app.domain import text
from forms_app.domain.acts import Act
from forms_app.domain.answers import Sections
from forms_app.domain.escalation import Standing
from forms_app.domain.filing import Directory, ListedPerson
from forms_app.domain.policy import Choice, Code, Policy, Side, Stage
from forms_app.domain.records import Place
from forms_app.domain.working_days import Calendar, instant_of, uk_date
from forms_app.forms.fields import Answerable, Day, Pick, Rows, Words

Given = Mapping[str, "MultiDict[str, str]"]
YES_NO = (("yes", "Yes"), ("no", "No"))
LATER = date(2100, 1, 1)
TEN_YEARS = timedelta(days=3652)
"""How far back something may have happened: within what the calendars of working days know."""


class PageForm(Form):
    """The questions of one page. A question that depends on another is only required when the other says so."""

    depends: Mapping[str, tuple[str, frozenset[str]]] = {}

    def validate(self, extra_validators: Any = None) -> bool:
        for name in self.depends:
            question = self.question(name)
            question.required = question.required and self.applies(name)
        return bool(super().validate(extra_validators))

    def applies(self, name: str) -> bool:
        """Whether the question applies, given the answers on the page."""
        if name not in self.depends:
            return True
        asked, wanted = self.depends[name]
        return bool(wanted & set(self.question(asked).codes()))

    def question(self, name: str) -> Answerable:
        return cast(Answerable, self[name])


@dataclass(frozen=True, slots=True)
class Page:
    id: str
    title: str
    form: type[PageForm]
    printed: bool = True
    """Whether its answers stand in the record as a section of their own."""
    intro: str = ""
    points: tuple[str, ...] = ()
    """What the intro introduces, one by one."""
    confirms: Code | None = None
    """The gate that the page confirms when it is done."""
    skippable: bool = False
    """Whether the form can be sent without anybody having opened it."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Which form is asked of whom, at which stage, under which policy."""

    kind: Act
    policy: Policy
    directory: Directory
    now: datetime
    calendar: Calendar
    standing: Standing | None = None
    """Where it stands; None for a new concern."""
    place: Place | None = None
    """Where in the escalation the person is who fills it in."""
    places: tuple[Place, ...] = ()
    names: Mapping[UUID, str] = field(default_factory=dict)
    """What each party is called, also one who has left."""
    responding: tuple[UUID, ...] = ()
    written: Mapping[UUID, Sections] = field(default_factory=dict)
    """What was written in each record."""
    titles: Mapping[UUID, str] = field(default_factory=dict)
    """What each record is called where one is chosen."""
    corrects: UUID | None = None
    """The account of this person that the new one corrects."""
    beside: UUID | None = None
    """The escalation about the same child beside which a new one is opened."""
    similar: int = 0
    """How many similar escalations there have been, where the policy has a pattern."""
    unprintable: text.Unprintable = text.everything_prints

    @property
    def today(self) -> date:
        return uk_date(self.now)

    @property
    def stage(self) -> Stage | None:
        """The stage at which it is, or was when it ended; for a new concern the route is the first thing chosen."""
        return None if self.standing is None else self.standing.visits[-1].stage

    @property
    def side(self) -> Side:
        """The side whose questions are asked."""
        own = None if self.place is None else self.place.side
        return own if own is not None and self.stage is not None and own in self.stage.sides else Side.RAISING


def raising_agency(asking: Asking) -> UUID:
    """The raiser's agency: for a new concern that of whoever fills it in."""
    return next((place.agency for place in asking.places if place.is_raiser), asking.directory.own.agency_id)


def stage_of(asking: Asking) -> Stage:
    assert asking.stage is not None, "only a new concern is asked before there is a stage"
    return asking.stage


def stage_number(policy: Policy, stage: Stage) -> int:
    """Tells the questions about one stage from those about another in the same draft."""
    return [each for route in policy.routes for each in route.stages].index(stage)


# --- parts of pages ----------------------------------------------------------------------------------------------


def page_of(
    name: str,
    title: str,
    fields: Mapping[str, Any],
    *,
    depends: Mapping[str, tuple[str, frozenset[str]]] | None = None,
    base: type[PageForm] = PageForm,
    printed: bool = True,
    intro: str = "",
    points: tuple[str, ...] = (),
    confirms: Code | None = None,
    skippable: bool = False,
) -> Page:
    form = type("Questions", (base,), {**fields, "depends": depends or {}})
    return Page(name, title, form, printed=printed, intro=intro, points=points, confirms=confirms, skippable=skippable)


def danger_page(asking: Asking) -> Page:
    child = asking.policy.words.child
    fields = {
        "f-danger": Pick(
            f"Is the {child}, or anybody else, in immediate danger?",
            choices=(
                ("no", "No"),
                ("acted", "There is danger, and the emergency has been reported"),
                ("yes", "Yes, and nobody has been told yet"),
            ),
        ),
        "f-danger_acted": words(
            asking,
            "What was done, when, and who was told?",
            hint="For example, the time of the 999 call and who spoke to whom.",
        ),
    }
    depends = {"f-danger_acted": ("f-danger", frozenset({"acted"}))}
    return page_of("danger", "Immediate danger", fields, depends=depends)


def words(asking: Asking, label: str, **options: Any) -> Words:
    return Words(label, lines=True, unprintable=asking.unprintable, **options)


def past_day(asking: Asking, label: str, **options: Any) -> Day:
    return Day(label, earliest=asking.today - TEN_YEARS, latest=asking.today, **options)


def instant_on(day: date | None, at: time | None) -> datetime | None:
    """The moment that was given in two fields; None where it was not, or where no such moment exists on that day."""
    if day is None or at is None:
        return None
    try:
        return instant_of(day, at)
    except ValueError:
        return None


def day_ahead(asking: Asking, label: str, **options: Any) -> Day:
    return Day(label, earliest=asking.today, latest=LATER, **options)


def action_rows(asking: Asking, label: str, *, each: str, hint: str) -> Rows:
    """What will be done, by whom, by when: agreed actions, recommendations, steps."""
    unprintable = asking.unprintable

    class ActionRow(Form):
        what = Words("What will be done", lines=True, limit=2000, unprintable=unprintable)
        who = Words("Who will do it", unprintable=unprintable)
        by_when = Day("By when", latest=LATER)

    return Rows(label, row=ActionRow, each=each, hint=hint)


def choices_of(choices: Iterable[Choice]) -> list[tuple[str, str]]:
    return [(choice.id, choice.title) for choice in choices]


def listed(person: ListedPerson, with_agency: bool) -> tuple[str, str]:
    where = f", {person.agency}" if with_agency else ""
    return str(person.id), f"{person.name}, {person.job_title}{where}"
