"""A small policy, valid by default, of which a test changes what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forms_app.domain.policy import (
    DEIDENTIFIED,
    Actor,
    After,
    Asked,
    Audience,
    Cap,
    Choice,
    Citation,
    Clock,
    Closer,
    Closing,
    Danger,
    DocumentKind,
    Event,
    Group,
    Internal,
    Limit,
    Moment,
    Notice,
    Policy,
    Question,
    Route,
    Side,
    Skip,
    Stage,
    Subject,
    Unit,
)

SOURCE = Citation(section="1", words="as it was agreed")
LEVELS = ("practitioner", "first_line_manager", "senior_manager", "independent_chair")
PARTIES = (Audience.RAISING_SIDE, Audience.RESPONDING_SIDE, Audience.BOARD_SIDE)
BOTH = (Actor(side=Side.RAISING, level="practitioner"), Actor(side=Side.RESPONDING, level="practitioner"))
CHAIR = Actor(side=Side.BOARD, level="independent_chair")


def limit(unit: Unit = Unit.WITHOUT_DELAY, amount: int | None = None) -> Limit:
    return Limit(unit=unit, amount=amount)


def clock(clock_id: str = "discuss", **more: Any) -> Clock:
    return Clock(
        **{
            "id": clock_id,
            "side": "all",
            "does": "Discuss it",
            "limit": limit(),
            "starts": Moment.STAGE_ENTERED,
            "stops": Moment.OUTCOME_RECORDED,
            "source": SOURCE,
            **more,
        }
    )


def cap(*stages: str, **more: Any) -> Cap:
    return Cap(
        **{
            "id": "together",
            "title": "All of these together",
            "stages": stages,
            "limit": limit(Unit.WORKING_DAYS, 2),
            "starts": Moment.OPENED,
            "source": SOURCE,
            **more,
        }
    )


def stage(
    stage_id: str = "one",
    *,
    closes: Closer = Closer.ALL_SIDES,
    actors: Sequence[Actor] = BOTH,
    clocks: Sequence[Clock] | None = None,
    **more: Any,
) -> Stage:
    return Stage(
        **{
            "id": stage_id,
            "name": f"Stage {stage_id}",
            "summary": "They talk to each other.",
            "actors": tuple(actors),
            "clocks": (clock(),) if clocks is None else tuple(clocks),
            "groups": (
                Group(title="What happened", asked=Asked.OPENING, questions=("what_happened",)),
                Group(title="Your account", asked=Asked.ACCOUNT, questions=("what_happened",)),
            ),
            "closing": Closing(who=closes, outcomes=("agreed",), source=SOURCE),
            "skip": Skip(rule="never", source=SOURCE),
            "source": SOURCE,
            **more,
        }
    )


def route(*stages: Stage, route_id: str = "main", after: str = "ends_here", **more: Any) -> Route:
    return Route(
        **{
            "id": route_id,
            "title": "The main ladder",
            "description": "For every disagreement.",
            "stages": stages or (stage("one"), stage("two")),
            "after": After(kind=after, title="There is no further step", source=SOURCE),
            "source": SOURCE,
            **more,
        }
    )


def notices() -> tuple[Notice, ...]:
    """The parties are told of everything, as every policy must say."""
    documents = {
        Event.OPENED: DocumentKind.WRITTEN_ACCOUNT,
        Event.RESOLVED: DocumentKind.WRITTEN_CONFIRMATION,
        Event.MEETING_CALLED: DocumentKind.MEETING_INVITATION,
        Event.MEETING_HELD: DocumentKind.MEETING_MINUTES,
    }
    return tuple(notice(event, documents.get(event, DocumentKind.STAGE_RECORD)) for event in Event)


def notice(on: Event, document: DocumentKind, *to: Audience, **more: Any) -> Notice:
    identified = document not in DEIDENTIFIED
    return Notice(on=on, document=document, to=to or PARTIES, identified=identified, source=SOURCE, **more)


def policy(*routes: Route, **more: Any) -> Policy:
    return Policy(
        **{
            "id": "invented",
            "version": "2027",
            "title": "Resolving disagreements",
            "short_title": "Invented",
            "dated": "January 2027",
            "nation": "england-and-wales",
            "concern_shapes": (),
            "categories": (Choice(id="other", title="Something else"),),
            "subjects": (Subject.CHILD,),
            "internal": Internal(permitted=False, signpost="Use your own procedure.", source=SOURCE),
            "danger": Danger(steps=("Call 999.",), source=SOURCE),
            "levels": tuple(Choice(id=level, title=level) for level in LEVELS),
            "agency_kinds": tuple(Choice(id=kind, title=kind) for kind in ("school", "childrens_social_care")),
            "outcomes": (Choice(id="agreed", title="Agreed"),),
            "questions": (Question(id="what_happened", label="What happened?", source=SOURCE),),
            "routes": routes or (route(),),
            "notices": notices(),
            "source": SOURCE,
            **more,
        }
    )
