"""One policy that can do everything which an escalation's page shows, and an escalation in which all of it happened."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from forms_app.db import outbox
from forms_app.db.outbox import OutboxKind
from forms_app.domain.filing import NamedParty
from forms_app.domain.policy import (
    Actor,
    Audience,
    Choice,
    Closer,
    Closing,
    DocumentKind,
    Duty,
    Event,
    Guidance,
    Helper,
    Meeting,
    Moment,
    Pattern,
    Policy,
    Quiet,
    RestrictedNotes,
    Side,
    Unit,
)
from forms_app.domain.records import (
    AgreedAction,
    Alongside,
    Contact,
    FiledOnRecord,
    InformationRequest,
    MeetingCalled,
    PeopleJoin,
    RestrictedNote,
    StepsSet,
    Support,
    TimeSet,
)
from forms_app.services.watching import look_after
from tests.factories.policies import BOTH, CHAIR, SOURCE, clock, limit, notice, notices, policy, route, stage
from tests.factories.scenes import Scene

MANAGERS = (
    Actor(side=Side.RAISING, level="first_line_manager"),
    Actor(side=Side.RESPONDING, level="first_line_manager", needed=False),
)
LEASE = timedelta(minutes=1)
REFERRAL = Choice(id="referral", title="A referral to children’s social care")


def closing(who: Closer = Closer.ALL_SIDES, **more: bool) -> Closing:
    return Closing(who=who, outcomes=("agreed",), source=SOURCE, **more)


def everything() -> Policy:
    """Talk, which does not count yet; then managers, while the decision stands; then a chair whose word is final."""
    talk = stage(
        "talk",
        counts=False,
        supported_by=("first_line_manager",),
        alongside=(REFERRAL,),
        clocks=(
            clock("talk", limit=limit(Unit.WORKING_DAYS, 2), shown_by=DocumentKind.WRITTEN_CONFIRMATION),
            clock("accept", limit=limit(Unit.AGREED), does="Settle it by the date that both sides accept"),
        ),
    )
    managers = stage(
        "managers",
        actors=(*BOTH, *MANAGERS),
        closing=closing(decision_stands=True),
        clocks=(clock("hours", limit=limit(Unit.HOURS, 24), stops=Moment.STAGE_LEFT),),
    )
    chair = stage(
        "chair",
        actors=(*BOTH, CHAIR),
        closing=closing(Closer.ARBITER, dissent_recorded=True),
        arbiter_sets_steps=True,
        clocks=(clock("decide", side=Side.BOARD, limit=limit(Unit.WORKING_DAYS, 5)),),
    )
    told = notice(Event.GONE_QUIET, DocumentKind.NOTICE_TO_BOARD, Audience.BUSINESS_UNIT)
    return policy(
        route(talk, managers, chair),
        categories=(Choice(id="other", title="Something else"), Choice(id="risk", title="The level of risk")),
        notices=(*notices(), told),
        helpers=(Helper(id="unit", title="The Board’s business unit", seat=Audience.BUSINESS_UNIT, source=SOURCE),),
        restricted_notes=RestrictedNotes(levels=("senior_manager", "first_line_manager"), source=SOURCE),
        quiet=Quiet(limit=limit(Unit.WORKING_DAYS, 3), source=SOURCE),
        pattern=Pattern(count=2, months=12, opens="chair", source=SOURCE),
        meetings=(Meeting(id="joint", title="Joint meeting", form="meeting", conveners=BOTH, source=SOURCE),),
        duties=(
            Duty(
                id="check", text="Check that the actions were carried out", side="all", due="review_date", source=SOURCE
            ),
        ),
        guidance=(
            Guidance(show=("not_supported",), title="Your manager does not agree", text="Ask a lead.", source=SOURCE),
        ),
    )


def busy(here: Scene) -> UUID:
    """An escalation at its first stage in which much waits for the other side."""
    escalation = here.open().escalation_id
    other, manager = here.at("socialcare", "practitioner"), here.at("school", "first_line_manager")
    joins = NamedParty(manager, Side.RAISING, "first_line_manager")
    here.record(escalation, PeopleJoin(because="supports", joins=(manager,)), by=here.raiser, people=(joins,))
    here.record(escalation, Support(supports=False), by=manager)
    here.record(escalation, Contact(how="telephone"), by=here.raiser)
    here.record(escalation, FiledOnRecord(), by=here.raiser)
    social_care = here.agency("socialcare").id
    here.record(
        escalation, InformationRequest(agency=social_care, by_when=here.today + timedelta(days=2)), by=here.raiser
    )
    here.record(escalation, TimeSet(time_frame=here.today + timedelta(days=4)), by=here.raiser)
    at = here.clock.now + timedelta(days=1)
    called = MeetingCalled(meeting="joint", at=at, conveners=(here.raiser, other), invited=(here.raiser, other))
    here.record(escalation, called, by=here.raiser)
    here.record(escalation, Alongside(item="referral", state="begun"), by=here.raiser)
    here.record(escalation, RestrictedNote(about="competence"), by=manager)
    return escalation


def at_the_chair(here: Scene, what: str = "Meet the family together") -> UUID:
    """An escalation that has reached the last stage, where the chair has set two steps."""
    escalation = here.open().escalation_id
    here.step_up(escalation)
    here.step_up(escalation)
    chair = here.holder("chair")
    steps = tuple(
        AgreedAction(what=each, who="Both managers", by_when=here.today + timedelta(days=3))
        for each in (what, "Write one plan")
    )
    here.record(escalation, StepsSet(steps=steps), by=chair)
    return escalation


def fall_silent(here: Scene) -> None:
    """A working week later, when the service has told people that nothing happens."""
    here.clock.strike(2027, 3, 9)
    look_after_what_is_due(here)


def look_after_what_is_due(here: Scene) -> None:
    """What the worker does of itself because of the time."""
    with here.workshop.writing() as work:
        claims = outbox.claim(work.session, "worker", work.now, 100, LEASE)
    for claim in claims:
        if claim.kind == OutboxKind.WATCH:
            look_after(here.workshop, claim)
