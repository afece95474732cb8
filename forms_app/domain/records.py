"""What people record of an escalation: the facts that the engine decides by, without the prose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from forms_app.domain.policy import Code, Part, Side

# --- parts -------------------------------------------------------------------------------------------------------


class AgreedAction(Part):
    what: str
    who: str
    by_when: date


class Timing(Part):
    """What a person said about time when the stage began."""

    concern_identified_on: date | None = None
    decision_received_on: date | None = None
    time_frame: date | None = None
    """The date that the side which escalates states, or proposes for all sides to agree."""
    protect_by: date | None = None
    protect_because: str = ""
    priority: Code | None = None


class ConcernedAgency(Part):
    """An agency whose decision is questioned, by the name that it had then."""

    id: UUID
    name: str


class ActsAs(Part):
    """Somebody acts at a further level: in a small agency there may be nobody else."""

    person: UUID
    level: str


# --- the ladder: opened, written about, settled, taken further -----------------------------------------------------


class Concern(Part):
    """The raiser opened the escalation."""

    kind: Literal["concern"] = "concern"
    shape: Code | None
    category: Code
    agencies: tuple[ConcernedAgency, ...]
    """The responding agencies; their people join at the stage where they first act."""
    timing: Timing = Timing()
    gates: tuple[Code, ...] = ()
    """The gates that were confirmed."""
    subject_status: Code | None = None
    beside: UUID | None = None
    """Another escalation about the same child that is open at the same time."""
    also: tuple[ActsAs, ...] = ()


class Account(Part):
    """A side wrote its own account of a stage; a later one may correct an earlier one, with a reason."""

    kind: Literal["account"] = "account"
    corrects: UUID | None = None
    reason: str = ""


class Outcome(Part):
    """Somebody who may close the stage recorded its outcome; where all sides close, the others still answer it."""

    kind: Literal["outcome"] = "outcome"
    outcome: Code
    actions: tuple[AgreedAction, ...] = ()
    outstanding: str = ""
    review_on: date | None = None
    checks: tuple[Code, ...] = ()
    learning: tuple[Code, ...] = ()
    policy_gap: bool = False
    gates: tuple[Code, ...] = ()


class Agreement(Part):
    """A side answered the outcome that another side had recorded."""

    kind: Literal["agreement"] = "agreement"
    outcome: UUID
    agrees: bool
    agrees_actions: bool = False
    """Where it does not agree with the outcome: whether the actions may go ahead all the same."""
    reasons: str = ""


class StepUp(Part):
    """The stage did not settle it: it goes on to another stage, or out of the policy."""

    kind: Literal["step_up"] = "step_up"
    route: Code | None
    stage: Code | None
    """Both None when it leaves for something outside this policy."""
    timing: Timing = Timing()
    gates: tuple[Code, ...] = ()
    skip_reason: Code | None = None
    """Why the stages in between are passed over."""
    unanswered: Code | None = None
    """The clock that nobody kept, where the next stage opened by itself."""
    also: tuple[ActsAs, ...] = ()


# --- beside the ladder ---------------------------------------------------------------------------------------------


class Contact(Part):
    """A line of an agency's own log: who spoke to whom, when, how, and what was said."""

    kind: Literal["contact"] = "contact"
    how: Literal["telephone", "face_to_face", "online", "email", "letter"]


class FiledOnRecord(Part):
    """An agency says that it has put the record on the child's file."""

    kind: Literal["filing"] = "filing"


class InformationRequest(Part):
    """A side asks another agency for something that it needs to know."""

    kind: Literal["information_request"] = "information_request"
    agency: UUID
    by_when: date


class InformationGiven(Part):
    kind: Literal["information_given"] = "information_given"
    request: UUID


class MeetingCalled(Part):
    """A meeting, panel or mediation that the policy knows was called."""

    kind: Literal["meeting_called"] = "meeting_called"
    meeting: Code
    at: datetime
    """In UTC."""
    conveners: tuple[UUID, ...]
    invited: tuple[UUID, ...]


class MeetingHeld(Part):
    kind: Literal["meeting_held"] = "meeting_held"
    meeting: Code
    called: UUID | None = None
    attended: tuple[UUID, ...]
    confirmed: tuple[str, ...] = ()
    """Which tests of composition and independence it met: `composition-0`, `independent-chair`."""
    recommendations: tuple[AgreedAction, ...] = ()


class TimeSet(Part):
    """A date by which it should be settled, which all sides must accept, or an earlier one that protects the child."""

    kind: Literal["time"] = "time"
    time_frame: date | None = None
    protect_by: date | None = None
    protect_because: str = ""


class TimeAnswered(Part):
    """A side answered the date that another side had proposed."""

    kind: Literal["time_answer"] = "time_answer"
    proposal: UUID
    accepts: bool


class PeopleJoin(Part):
    kind: Literal["people"] = "people"
    because: Literal["acts", "stands_in", "supports", "next_tier", "chain_exhausted"]
    joins: tuple[UUID, ...]
    """Whoever stands in may take part already."""
    instead_of: UUID | None = None
    also: tuple[ActsAs, ...] = ()


class Support(Part):
    """A manager of the raising side says whether they support the escalation."""

    kind: Literal["support"] = "support"
    supports: bool


class Dissent(Part):
    """A party does not share the decision that has closed the stage."""

    kind: Literal["dissent"] = "dissent"


class StepsSet(Part):
    """The arbiter says which steps there are, who takes each, and by when."""

    kind: Literal["steps"] = "steps"
    steps: tuple[AgreedAction, ...]


class StepDone(Part):
    kind: Literal["step_done"] = "step_done"
    steps: UUID
    number: int
    """Counted from 0."""


class Alongside(Part):
    """Something outside this procedure that goes on while the stage is open."""

    kind: Literal["alongside"] = "alongside"
    item: Code
    state: Literal["begun", "ended"]


class HelpAsked(Part):
    kind: Literal["help"] = "help"
    helper: Code


class Danger(Part):
    """Somebody was in immediate danger; what was done is in the prose."""

    kind: Literal["danger"] = "danger"


class RestrictedNote(Part):
    """Only for people at the levels that the policy names, of the writer's own agency."""

    kind: Literal["restricted_note"] = "restricted_note"
    about: Literal["compliance", "competence"]


class ProformaMade(Part):
    """A party asked for a proforma of how it stands now."""

    kind: Literal["proforma"] = "proforma"


class Correction(Part):
    """Whoever wrote a record says what in it is wrong and what is right; the record itself stays as it was."""

    kind: Literal["correction"] = "correction"
    corrects: UUID


class Quiet(Part):
    """The service itself: nothing was recorded for as long as the policy allows."""

    kind: Literal["quiet"] = "quiet"


# --- after the end -------------------------------------------------------------------------------------------------


class FollowUp(Part):
    """Somebody said whether what was agreed was done, and what happens if it was not."""

    kind: Literal["follow_up"] = "follow_up"
    duty: Code | None = None
    carried_out: tuple[bool, ...] = ()
    """One for each agreed action."""
    then: Literal["done", "again", "reopen"]
    again_on: date | None = None


class CameOf(Part):
    """What came of it elsewhere, after it had left this policy."""

    kind: Literal["came_of"] = "came_of"
    resumes: bool


Facts = (
    Concern
    | Account
    | Outcome
    | Agreement
    | StepUp
    | Contact
    | FiledOnRecord
    | InformationRequest
    | InformationGiven
    | MeetingCalled
    | MeetingHeld
    | TimeSet
    | TimeAnswered
    | PeopleJoin
    | Support
    | Dissent
    | StepsSet
    | StepDone
    | Alongside
    | HelpAsked
    | Danger
    | RestrictedNote
    | ProformaMade
    | Correction
    | Quiet
    | FollowUp
    | CameOf
)


@dataclass(frozen=True, slots=True)
class Step:
    """One record as the engine sees it: who, where, when, and its facts without the prose."""

    id: UUID
    route: str
    stage: str
    side: Side | None
    agency: UUID | None
    person: UUID | None
    """None, with side and agency, where the service itself acted because of the time."""
    happened_on: date
    entered_at: datetime
    facts: Facts


@dataclass(frozen=True, slots=True)
class Place:
    """One person's place in an escalation."""

    person: UUID
    agency: UUID
    side: Side
    level: str
    is_raiser: bool = False
    joined_at: datetime | None = None
    """None for somebody who was there from the beginning."""
    also: frozenset[str] = frozenset()
    """Further levels at which they act."""
    post: str | None = None
    """The level that the directory gives them, where it is not the one at which they act."""
    speaks_for: frozenset[UUID] = frozenset()
    """Those who held the place before, and of who covers the one who holds it: what was asked of them is asked of this person."""
    has_left: bool = False
    """Today. Where an escalation stands does not depend on it: somebody may come back."""

    @property
    def levels(self) -> frozenset[str]:
        return self.also | {self.level}

    @property
    def people(self) -> frozenset[UUID]:
        """Themselves, and those for whom they speak."""
        return self.speaks_for | {self.person}

    @property
    def party(self) -> tuple[Side, UUID]:
        """The side for which, and the agency of which, they act."""
        return self.side, self.agency
