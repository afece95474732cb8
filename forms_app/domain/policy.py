"""What a Board's policy for resolving professional disagreements can say: strict, frozen values, checked as one whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Path = tuple[str | int, ...]


class Part(BaseModel):
    """A part of a policy: nothing in it changes after it was read, and nothing unknown is let in."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


# --- where a rule comes from -------------------------------------------------------------------------------------


class Citation(Part):
    """The section of the policy's text, and the words there that say it."""

    section: Text
    words: Text


class Decision(Part):
    """The text is silent: what the Board decided instead, and why."""

    decided: Text


Source = Citation | Decision


# --- words -------------------------------------------------------------------------------------------------------


class Words(Part):
    """The Board's own word for what the service shows, in the singular and in lower case unless it is a name."""

    practitioner: Text = "practitioner"
    child: Text = "child"
    board: Text = "Board"
    stage: Text = "stage"
    business_unit: Text = "business unit"
    escalation: Text = "escalation"


class Choice(Part):
    """One thing that can be chosen from a list."""

    id: Code
    title: Text
    source: Source | None = None


class Guidance(Part):
    """Words for the person who needs them, where they need them; in the Board's own plain English."""

    show: tuple[
        Literal["always", "before_opening", "opening", "account", "outcome", "step_up", "not_supported", "help"], ...
    ] = ("always",)
    """`not_supported` once the raiser's own manager has said no; `help` beside the helpers who can be asked."""
    title: Text | None = None
    text: Text
    source: Source


class Link(Part):
    title: Text
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None
    source: Source


class Contact(Part):
    name: Text
    telephone: Text | None = None
    email: Text | None = None
    hours: Text | None = None
    checked_on: date | None = None
    source: Source


class LocalAddition(Part):
    """What one Board adds to a policy that it shares with others."""

    board: Text
    guidance: tuple[Guidance, ...] = ()
    contacts: tuple[Contact, ...] = ()
    links: tuple[Link, ...] = ()


# --- people ------------------------------------------------------------------------------------------------------


class Side(StrEnum):
    RAISING = "raising"
    RESPONDING = "responding"
    BOARD = "board"


BOTH_SIDES = frozenset({Side.RAISING, Side.RESPONDING})
"""Those who disagree; the Board is beside them."""
OFFICE = "board"
"""The agency kind of the Board's own office, and the level of its people: the one that no policy lists."""


class Equivalents(Part):
    """The job titles that stand for each level in one kind of agency."""

    agency_kind: Code
    titles: dict[Code, Text]
    source: Source


class Actor(Part):
    """Who acts at a stage: the people of one side at one level."""

    side: Side
    level: Code
    or_levels: tuple[Code, ...] = ()
    """Levels that serve as well: an operations manager or a safeguarding lead."""
    title: Text | None = None
    needed: bool = True
    """Whether the stage can start before somebody is named for this place."""
    agency_kinds: tuple[Code, ...] = ()
    """The kinds of agency that have such a place; without any, all. Only for a place that is not needed."""

    @property
    def levels(self) -> tuple[Code, ...]:
        return (self.level, *self.or_levels)


# --- time --------------------------------------------------------------------------------------------------------


class Unit(StrEnum):
    WORKING_DAYS = "working_days"
    WORKING_WEEKS = "working_weeks"
    CALENDAR_DAYS = "calendar_days"
    HOURS = "hours"
    SAME_WORKING_DAY = "same_working_day"
    WITHOUT_DELAY = "without_delay"
    STATED = "stated"
    AGREED = "agreed"
    BY_PRIORITY = "by_priority"


COUNTED = frozenset({Unit.WORKING_DAYS, Unit.WORKING_WEEKS, Unit.CALENDAR_DAYS, Unit.HOURS})


class Limit(Part):
    """How long somebody has. `stated` is set by the side that escalates, `agreed` by all sides, both as a date."""

    unit: Unit
    amount: Annotated[int, Field(gt=0, le=400)] | None = None
    priorities: dict[Code, Limit] = {}

    @model_validator(mode="after")
    def _amount_fits_unit(self) -> Limit:
        if (self.unit in COUNTED) != (self.amount is not None):
            raise ValueError(f"a limit in {self.unit} {'needs' if self.unit in COUNTED else 'takes no'} amount")
        if (self.unit is Unit.BY_PRIORITY) != bool(self.priorities):
            raise ValueError("a limit by_priority names a limit for each priority; no other limit does")
        if any(limit.unit is Unit.BY_PRIORITY for limit in self.priorities.values()):
            raise ValueError("a priority's limit cannot itself be by_priority")
        return self


class Moment(StrEnum):
    """An event that starts a clock or stops it."""

    CONCERN_IDENTIFIED = "concern_identified"
    DECISION_RECEIVED = "decision_received"
    OPENED = "opened"
    STAGE_ENTERED = "stage_entered"
    ACCOUNT_BY_RAISING = "account_by_raising"
    ACCOUNT_BY_RESPONDING = "account_by_responding"
    ACCOUNTS_BY_ALL = "accounts_by_all"
    OUTCOME_RECORDED = "outcome_recorded"
    MEETING_HELD = "meeting_held"
    STAGE_LEFT = "stage_left"
    RESOLVED = "resolved"


class DocumentKind(StrEnum):
    WRITTEN_ACCOUNT = "written_account"
    STAGE_RECORD = "stage_record"
    WRITTEN_CONFIRMATION = "written_confirmation"
    ACKNOWLEDGEMENT_SHEET = "acknowledgement_sheet"
    MEETING_INVITATION = "meeting_invitation"
    MEETING_MINUTES = "meeting_minutes"
    REFERRAL = "referral"
    FILE_COPY = "file_copy"
    """One agency's copy of everything, for the child's file: made when one of its people asks, and sent to nobody."""
    NOTICE_TO_BOARD = "notice_to_board"
    BOARD_PROFORMA = "board_proforma"
    SUB_GROUP_REPORT = "sub_group_report"
    POLICY_GAP_NOTICE = "policy_gap_notice"


RELEASED = frozenset({DocumentKind.BOARD_PROFORMA, DocumentKind.SUB_GROUP_REPORT, DocumentKind.POLICY_GAP_NOTICE})
"""De-identified documents with short texts written for them: nothing of them leaves before two people have looked."""
DEIDENTIFIED = RELEASED | {DocumentKind.NOTICE_TO_BOARD}
DEIDENTIFIED_CODES = tuple(sorted(kind.value for kind in DEIDENTIFIED))


class Clock(Part):
    """Who must do what, by when, counted from which event to which event."""

    id: Code
    side: Side | Literal["all"]
    level: Code | None = None
    does: Text
    limit: Limit
    starts: Moment
    stops: Moment
    shown_by: DocumentKind | None = None
    may_be_shortened: bool = True
    if_unanswered: Literal["stays_open", "opens_next_stage"] = "stays_open"
    source: Citation


class Cap(Part):
    """One limit over several stages: no clock of theirs may end later."""

    id: Code
    title: Text
    stages: Annotated[tuple[Code, ...], Field(min_length=1)]
    limit: Limit
    starts: Moment
    source: Citation


# --- questions ---------------------------------------------------------------------------------------------------


class QuestionKind(StrEnum):
    SHORT_TEXT = "short_text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes_no"
    DATE = "date"


class OnlyIf(Part):
    question: Code
    is_one_of: Annotated[tuple[Code, ...], Field(min_length=1)]


class Question(Part):
    id: Code
    label: Text
    hint: Text | None = None
    kind: QuestionKind = QuestionKind.LONG_TEXT
    options: tuple[Choice, ...] = ()
    required: bool = True
    only_if: OnlyIf | None = None
    identifies: bool = True
    """Whether an answer may identify somebody. Only a choice, a yes/no or a date may say that it does not."""
    on_proforma: bool = False
    level_of_need: bool = False
    """Whether the answer is the level of need by which the Board's numbers are counted. Only a single choice that identifies nobody."""
    begins_with: Literal["attempts"] | None = None
    """What stands in the box when it is first opened, to be edited: what was done so far, compiled from the records."""
    source: Source

    @model_validator(mode="after")
    def _options_fit_kind(self) -> Question:
        chosen = self.kind in {QuestionKind.CHOICE, QuestionKind.CHOICES}
        if chosen != bool(self.options):
            raise ValueError(f"question “{self.id}”: {self.kind} {'needs' if chosen else 'takes no'} options")
        if not self.identifies and self.kind in {QuestionKind.SHORT_TEXT, QuestionKind.LONG_TEXT}:
            raise ValueError(f"question “{self.id}”: what a person types can always identify somebody")
        if self.begins_with is not None and self.kind is not QuestionKind.LONG_TEXT:
            raise ValueError(f"question “{self.id}”: only a long text can begin with what was done so far")
        if self.on_proforma and self.identifies:
            raise ValueError(f"question “{self.id}”: an answer that may identify somebody cannot be on the proforma")
        if self.level_of_need and (self.kind is not QuestionKind.CHOICE or self.identifies):
            raise ValueError(f"question “{self.id}”: a level of need is one choice, which identifies nobody")
        return self


class Asked(StrEnum):
    """In which form a group of questions stands."""

    OPENING = "opening"
    ACCOUNT = "account"
    OUTCOME = "outcome"
    STEP_UP = "step_up"


class Group(Part):
    """Questions that belong on one page of a form."""

    title: Text
    asked: Asked
    sides: tuple[Side, ...] = (Side.RAISING, Side.RESPONDING, Side.BOARD)
    questions: Annotated[tuple[Code, ...], Field(min_length=1)]


# --- a stage -----------------------------------------------------------------------------------------------------


class Closer(StrEnum):
    ALL_SIDES = "all_sides"
    RAISING_SIDE = "raising_side"
    RAISER = "raiser"
    ARBITER = "arbiter"


class Closing(Part):
    """Who may close the stage, and as what."""

    who: Closer
    outcomes: Annotated[tuple[Code, ...], Field(min_length=1)]
    dissent_recorded: bool = False
    decision_stands: bool = False
    source: Source


class Gate(Part):
    """What must be confirmed before a form is sent: a statement that a person ticks."""

    id: Code
    before: Literal["opening", "entering", "resolving"]
    statement: Text
    otherwise: Text
    per_agency: bool = False
    meeting: Code | None = None
    """A meeting of the stage that must have been recorded as held: nobody ticks that, the service looks for itself."""
    source: Source


class Skip(Part):
    """Whether, and how, somebody may pass over the stages between this one and a later one."""

    rule: Literal["never", "raiser", "second_person", "urgency"]
    to: tuple[Code, ...] = ()
    reasons: tuple[Choice, ...] = ()
    source: Source


class Meeting(Part):
    """A meeting, panel or mediation that the stage holds."""

    id: Code
    title: Text
    form: Literal["meeting", "panel", "mediation"]
    conveners: Annotated[tuple[Actor, ...], Field(min_length=1)]
    members: tuple[Actor, ...] = ()
    at_least: Annotated[int, Field(ge=2)] | None = None
    """How many must attend."""
    composition: tuple[Text, ...] = ()
    independent: tuple[Literal["chair", "facilitator", "mediator", "members"], ...] = ()
    minutes: bool = True
    methodology: bool = False
    recommendations: bool = False
    """Whether it recommends: what should be done, by whom, by when."""
    source: Source

    @property
    def tests(self) -> tuple[tuple[str, str], ...]:
        """What must be true of it: the name under which it is confirmed, and the statement."""
        return (
            *((f"composition-{number}", test) for number, test in enumerate(self.composition)),
            *(
                (f"independent-{who}", f"The {who} {'are' if who == 'members' else 'is'} independent of the case")
                for who in self.independent
            ),
        )


class Check(Part):
    """A line of a checklist, ticked by a named person when the stage is resolved."""

    id: Code
    text: Text
    source: Source


class Stage(Part):
    id: Code
    name: Text
    number: Annotated[int, Field(ge=1, le=7)] | None = None
    counts: bool = True
    """False for what is recorded but is not escalation yet: an informal conversation, a facilitated meeting."""
    summary: Text
    actors: Annotated[tuple[Actor, ...], Field(min_length=1)]
    clocks: Annotated[tuple[Clock, ...], Field(min_length=1)]
    groups: Annotated[tuple[Group, ...], Field(min_length=1)]
    closing: Closing
    steps_up: Literal["raising_side", "board_side", "any_side"] = "raising_side"
    """Who may take it on to the next stage, or out of this policy after the last one."""
    gates: tuple[Gate, ...] = ()
    skip: Skip
    meetings: tuple[Meeting, ...] = ()
    checks: tuple[Check, ...] = ()
    alongside: tuple[Choice, ...] = ()
    """What goes on outside while this stage is open."""
    repeats_tiers: bool = False
    """Whether the stage goes up tier by tier within itself."""
    same_as: Code | None = None
    """Names a stage whose words this one repeats in the source, so that it is not taken for a slip."""
    arbiter_sets_steps: bool = False
    supported_by: tuple[Code, ...] = ()
    """Levels of the raising side that say whether they support the escalation; the other side is told what they say."""
    guidance: tuple[Guidance, ...] = ()
    links: tuple[Link, ...] = ()
    source: Source

    @property
    def sides(self) -> frozenset[Side]:
        return frozenset(actor.side for actor in self.actors)


class After(Part):
    """Where an escalation goes when the last stage of its route did not settle it."""

    kind: Literal["ends_here", "joins", "returns_to", "leaves_for"]
    route: Code | None = None
    stage: Code | None = None
    title: Text
    source: Source

    @model_validator(mode="after")
    def _place_fits_kind(self) -> After:
        if (self.kind == "joins") != (self.route is not None and self.stage is not None):
            raise ValueError("an escalation that joins another route names its route and stage; no other does")
        return self


class Route(Part):
    """The main ladder, or a track of its own for some matters."""

    id: Code
    title: Text
    description: Text
    categories: tuple[Choice, ...] = ()
    """The track's own list of reasons; without one the policy's list is used."""
    subject_status: tuple[Choice, ...] = ()
    between: tuple[Code, ...] = ()
    """The kinds of agency between which the route is; without any, between all."""
    stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=9)]
    caps: tuple[Cap, ...] = ()
    final_arbiter: Actor | None = None
    after: After
    source: Source


# --- who is told -------------------------------------------------------------------------------------------------


class Event(StrEnum):
    OPENED = "opened"
    ACCOUNT_FILED = "account_filed"
    OUTCOME_PROPOSED = "outcome_proposed"
    OUTCOME_ANSWERED = "outcome_answered"
    STAGE_ENTERED = "stage_entered"
    RESOLVED = "resolved"
    LEFT = "left"
    """The escalation went on to a procedure outside this policy."""
    MEETING_CALLED = "meeting_called"
    MEETING_HELD = "meeting_held"
    ENTRY_MADE = "entry_made"
    """Anything else that the parties must know: a request, a date, a person who joins, danger, dissent."""
    FOLLOWED_UP = "followed_up"
    """Somebody said, after the end, whether what was agreed was done, or what came of it elsewhere."""
    GONE_QUIET = "gone_quiet"
    """Nothing has been recorded for as long as the policy allows."""


class Audience(StrEnum):
    RAISING_SIDE = "raising_side"
    RESPONDING_SIDE = "responding_side"
    BOARD_SIDE = "board_side"
    BUSINESS_UNIT = "business_unit"
    CHAIR = "chair"
    SUB_GROUP = "sub_group"
    POLICY_SUB_GROUP = "policy_sub_group"
    DIRECTORS = "directors"
    LIAISON_OFFICER = "liaison_officer"


OUTSIDE = frozenset(Audience) - {Audience.RAISING_SIDE, Audience.RESPONDING_SIDE, Audience.BOARD_SIDE}
"""The people who hold the seat of this name at the Board."""

MADE_ON = {
    DocumentKind.WRITTEN_CONFIRMATION: Event.RESOLVED,
    DocumentKind.ACKNOWLEDGEMENT_SHEET: Event.RESOLVED,
    DocumentKind.MEETING_INVITATION: Event.MEETING_CALLED,
    DocumentKind.MEETING_MINUTES: Event.MEETING_HELD,
    DocumentKind.REFERRAL: Event.STAGE_ENTERED,
}
"""The one event of which a document of this kind can speak; the others speak of any."""


class Notice(Part):
    """On this event, this document goes to these people. The raiser is always among them, whatever is written here."""

    on: Event
    document: DocumentKind
    to: Annotated[tuple[Audience, ...], Field(min_length=1)]
    identified: bool
    routes: tuple[Code, ...] = ()
    stages: tuple[Code, ...] = ()
    """On `stage_entered` the stage that is entered, otherwise the stage where it happened; none means every one."""
    only_if: Literal["learning", "policy_gap", "from_stage_reached"] | None = None
    source: Source

    @model_validator(mode="after")
    def _document_fits_audience(self) -> Notice:
        if self.identified == (self.document in DEIDENTIFIED):
            raise ValueError(f"{self.document} is {'de-identified' if self.document in DEIDENTIFIED else 'identified'}")
        if self.identified and OUTSIDE & set(self.to):
            raise ValueError(
                "an identified document may only go to the parties; tell the others by a notice or proforma"
            )
        return self

    @model_validator(mode="after")
    def _document_fits_event(self) -> Notice:
        if self.document is DocumentKind.FILE_COPY:
            raise ValueError(
                "a file_copy is made when an agency asks for one, and sent to nobody: take this notice out"
            )
        event = MADE_ON.get(self.document, self.on)
        if self.on is not event:
            raise ValueError(f"{self.document} can only be made on: {event}")
        return self


# --- the policy --------------------------------------------------------------------------------------------------


class Internal(Part):
    """Whether a disagreement inside one agency may use this policy, and where to go if not."""

    permitted: bool
    signpost: Text
    source: Source


class Danger(Part):
    """What to do at once when somebody is in immediate danger."""

    steps: Annotated[tuple[Text, ...], Field(min_length=1)]
    tell: tuple[Code, ...] = ()
    """The levels of one's own agency to go to straight away; the later ones when nobody of the earlier can be reached."""
    source: Source


class Helper(Part):
    """Somebody at the Board whom a party may ask for help at any stage; they join the escalation."""

    id: Code
    title: Text
    seat: Audience
    source: Source


class RestrictedNotes(Part):
    """Notes on compliance or competence, which only people at these levels of the writer's own agency read."""

    levels: Annotated[tuple[Code, ...], Field(min_length=1)]
    source: Source


class Sees(StrEnum):
    """How much of what is recorded somebody sees who takes part."""

    EVERYTHING = "everything"
    FROM_JOINING = "from_joining"
    """What is recorded from the moment at which they join, and who it is about."""
    DEIDENTIFIED = "deidentified"
    """The proforma, and where it stands: no name, and nothing that anybody typed."""


class Sight(Part):
    """What somebody of one side sees, at these levels or at all; restricted notes and protected addresses aside."""

    side: Side
    levels: tuple[Code, ...] = ()
    sees: Sees = Field(strict=False)
    until: Literal["meeting_called"] | None = None
    """From then on they see everything: since they joined, a meeting, panel or mediation was called."""
    source: Source


class Quiet(Part):
    """How long an open escalation may lie without a record before its people and the Board are told."""

    limit: Limit
    source: Source


class Duty(Part):
    """What is still owed after the escalation is resolved."""

    id: Code
    text: Text
    side: Side | Literal["all"]
    due: Literal["at_once", "review_date", "action_date"]
    stages: tuple[Code, ...] = ()
    source: Source


class Pattern(Part):
    """How many similar escalations open a stage without the whole ladder."""

    count: Annotated[int, Field(ge=2)] | None
    months: Annotated[int, Field(ge=1)] | None
    opens: Code
    source: Source


class Subject(StrEnum):
    CHILD = "child"
    CHILDREN = "children"
    UNBORN = "unborn"
    ADULT = "adult"
    NONE = "none"


class Policy(Part):
    """One dated version of a Board's policy."""

    id: Code
    version: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(-[0-9]{2}){0,2}$")]
    title: Text
    short_title: Text
    dated: Text
    history: tuple[Text, ...] = ()
    adopted_by: tuple[Text, ...] = ()
    nation: Literal["england-and-wales", "scotland", "northern-ireland"]
    words: Words = Words()
    document_titles: dict[DocumentKind, Text] = {}
    concern_shapes: tuple[Choice, ...]
    categories: Annotated[tuple[Choice, ...], Field(min_length=1)]
    subjects: Annotated[tuple[Subject, ...], Field(min_length=1)]
    several_responding_agencies: bool = True
    review_date: Literal["required", "optional"] = "optional"
    internal: Internal
    danger: Danger
    levels: Annotated[tuple[Choice, ...], Field(min_length=1)]
    agency_kinds: Annotated[tuple[Choice, ...], Field(min_length=1)]
    equivalents: tuple[Equivalents, ...] = ()
    priorities: tuple[Choice, ...] = ()
    outcomes: Annotated[tuple[Choice, ...], Field(min_length=1)]
    learning: tuple[Choice, ...] = ()
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]
    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    """The first one is the main ladder."""
    notices: Annotated[tuple[Notice, ...], Field(min_length=1)]
    duties: tuple[Duty, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    """Those that can be called at any stage."""
    helpers: tuple[Helper, ...] = ()
    restricted_notes: RestrictedNotes | None = None
    sight: tuple[Sight, ...] = ()
    """The first that fits somebody counts. Where none does, they see everything that the sides recorded for each other."""
    quiet: Quiet | None = None
    pattern: Pattern | None = None
    guidance: tuple[Guidance, ...] = ()
    links: tuple[Link, ...] = ()
    contacts: tuple[Contact, ...] = ()
    local_additions: tuple[LocalAddition, ...] = ()
    source: Source

    @property
    def key(self) -> str:
        """The id and version by which a record names the policy it was made under."""
        return f"{self.id}@{self.version}"

    @property
    def main(self) -> Route:
        return self.routes[0]

    def route(self, route_id: str) -> Route:
        return next(route for route in self.routes if route.id == route_id)

    def stage(self, route_id: str, stage_id: str) -> Stage:
        return next(stage for stage in self.route(route_id).stages if stage.id == stage_id)

    def question(self, question_id: str) -> Question:
        return next(question for question in self.questions if question.id == question_id)

    def meetings_at(self, stage: Stage) -> tuple[Meeting, ...]:
        return (*stage.meetings, *self.meetings)

    def categories_of(self, route: Route) -> tuple[Choice, ...]:
        return route.categories or self.categories

    def stage_title(self, stage: Stage) -> str:
        word = self.words.stage.capitalize()
        return stage.name if stage.number is None else f"{word} {stage.number}: {stage.name}"

    @property
    def subject_titles(self) -> dict[Subject, str]:
        """Whom a concern can be about, in words. Beside an adult the Board's own word may mean either."""
        child = "child" if Subject.ADULT in self.subjects else self.words.child
        titles = {
            Subject.CHILD: f"One {child}",
            Subject.CHILDREN: "Several children",
            Subject.UNBORN: "An unborn child",
            Subject.ADULT: "An adult at risk",
            Subject.NONE: "Nobody in particular: a procedure or way of working",
        }
        return {subject: titles[subject] for subject in self.subjects}

    def level_title(self, level: str, agency_kind: str | None = None) -> str:
        """The agency's own title for a level where the policy gives one, otherwise the level's title."""
        for row in self.equivalents:
            if row.agency_kind == agency_kind and level in row.titles:
                return row.titles[level]
        return next((choice.title for choice in self.levels if choice.id == level), level)

    @model_validator(mode="after")
    def _hangs_together(self) -> Policy:
        faults = [*_faults(self)]
        if faults:
            raise ValidationError.from_exception_data(
                "Policy",
                [
                    InitErrorDetails(
                        type=PydanticCustomError("policy", "{sentence}", {"sentence": sentence}), loc=place, input=None
                    )
                    for place, sentence in faults
                ],
            )
        return self


def _twice(ids: Iterable[str]) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for index, name in enumerate(ids):
        if name in seen:
            yield index, name
        seen.add(name)


def _faults(policy: Policy) -> Iterator[tuple[Path, str]]:
    """Every way in which the parts of a policy do not fit each other: where, and a sentence."""
    yield from _named_twice(policy)
    yield from _unknown_people(policy)
    yield from _unknown_questions(policy)
    for number, route in enumerate(policy.routes):
        for place, sentence in _route_faults(policy, route):
            yield ("routes", number, *place), sentence
    yield from _notice_faults(policy)
    yield from _fault_of_what_any_stage_offers(policy)


def _fault_of_what_any_stage_offers(policy: Policy) -> Iterator[tuple[Path, str]]:
    levels = {level.id for level in policy.levels}
    for missing in set(policy.danger.tell) - levels:
        yield ("danger", "tell"), f"no level is called “{missing}”"
    for index, helper in enumerate(policy.helpers):
        if helper.seat not in OUTSIDE:
            yield ("helpers", index, "seat"), f"{helper.seat} is a side, not a seat at the Board"
    if policy.restricted_notes is not None:
        for missing in set(policy.restricted_notes.levels) - levels:
            yield ("restricted_notes", "levels"), f"no level is called “{missing}”"
    for index, sight in enumerate(policy.sight):
        for missing in set(sight.levels) - levels:
            yield ("sight", index, "levels"), f"no level is called “{missing}”"
        if sight.sees is Sees.DEIDENTIFIED and sight.side in BOTH_SIDES:
            yield ("sight", index, "sees"), "the two sides write to each other: only the Board’s side can see less"
        if sight.until is not None and sight.sees is Sees.EVERYTHING:
            yield ("sight", index, "until"), "who sees everything already waits for no meeting"


def _named_twice(policy: Policy) -> Iterator[tuple[Path, str]]:
    lists: dict[str, tuple[Choice | Question | Route | Duty | Meeting | Helper, ...]] = {
        "categories": policy.categories,
        "levels": policy.levels,
        "agency_kinds": policy.agency_kinds,
        "outcomes": policy.outcomes,
        "questions": policy.questions,
        "routes": policy.routes,
        "priorities": policy.priorities,
        "learning": policy.learning,
        "duties": policy.duties,
        "meetings": policy.meetings,
        "helpers": policy.helpers,
    }
    for name, items in lists.items():
        for index, twice in _twice(item.id for item in items):
            yield (name, index), f"“{twice}” is named twice in {name}"


def _unknown_people(policy: Policy) -> Iterator[tuple[Path, str]]:
    levels = {level.id for level in policy.levels}
    kinds = {kind.id for kind in policy.agency_kinds}
    for index, row in enumerate(policy.equivalents):
        if row.agency_kind not in kinds:
            yield ("equivalents", index, "agency_kind"), f"no agency kind is called “{row.agency_kind}”"
        for level in set(row.titles) - levels:
            yield ("equivalents", index, "titles", level), f"no level is called “{level}”"


def _unknown_questions(policy: Policy) -> Iterator[tuple[Path, str]]:
    known = {question.id: question for question in policy.questions}
    for index, question in enumerate(policy.questions):
        if question.only_if is None:
            continue
        asked = known.get(question.only_if.question)
        if asked is None:
            yield ("questions", index, "only_if"), f"no question is called “{question.only_if.question}”"
        elif asked.kind not in {QuestionKind.CHOICE, QuestionKind.CHOICES, QuestionKind.YES_NO}:
            yield ("questions", index, "only_if"), f"“{asked.id}” has no options to depend on"
        else:
            answers = {option.id for option in asked.options} or {"yes", "no"}
            for missing in set(question.only_if.is_one_of) - answers:
                yield ("questions", index, "only_if"), f"“{missing}” is not an answer to “{asked.id}”"
    used = {
        name for route in policy.routes for stage in route.stages for group in stage.groups for name in group.questions
    }
    for index, question in enumerate(policy.questions):
        if question.id not in used:
            yield ("questions", index), f"question “{question.id}” is never asked at any stage"


def _route_faults(policy: Policy, route: Route) -> Iterator[tuple[Path, str]]:
    stages = [stage.id for stage in route.stages]
    for index, kind in _unknown_kinds(policy, route.between):
        yield ("between", index), f"no agency kind is called “{kind}”"
    for index, twice in _twice(stages):
        yield ("stages", index), f"stage “{twice}” stands twice on this route"
    numbers = [stage.number for stage in route.stages if stage.number is not None]
    if numbers != sorted(set(numbers)):
        yield ("stages",), "the numbers of the stages do not go up one after the other"
    for number, cap in enumerate(route.caps):
        for missing in set(cap.stages) - set(stages):
            yield ("caps", number), f"no stage of this route is called “{missing}”"
    if route.after.kind == "joins" and not any(
        other.id == route.after.route and any(stage.id == route.after.stage for stage in other.stages)
        for other in policy.routes
    ):
        yield ("after",), f"there is no stage “{route.after.stage}” on a route “{route.after.route}” to join"
    if not route.stages[0].groups or not any(group.asked is Asked.OPENING for group in route.stages[0].groups):
        yield ("stages", 0, "groups"), "the first stage of a route asks nothing of the person who opens it"
    for number, stage in enumerate(route.stages):
        for place, sentence in _stage_faults(policy, route, stage):
            yield ("stages", number, *place), sentence


def _unknown_kinds(policy: Policy, kinds: Sequence[str]) -> Iterator[tuple[int, str]]:
    known = {kind.id for kind in policy.agency_kinds}
    return ((index, kind) for index, kind in enumerate(kinds) if kind not in known)


def _actor_faults(policy: Policy, actor: Actor) -> Iterator[tuple[str, str]]:
    """What is wrong with a place at a stage, and at which of its parts."""
    levels = {level.id for level in policy.levels}
    for missing in set(actor.levels) - levels:
        yield "level", f"no level is called “{missing}”"
    for _, kind in _unknown_kinds(policy, actor.agency_kinds):
        yield "agency_kinds", f"no agency kind is called “{kind}”"
    if actor.agency_kinds and actor.needed:
        yield "agency_kinds", "a place that only some agencies have cannot be needed: say needed: false"
    if actor.agency_kinds and actor.side is Side.BOARD:
        yield "agency_kinds", "the Board’s side is of no kind of agency"


def _stage_faults(policy: Policy, route: Route, stage: Stage) -> Iterator[tuple[Path, str]]:
    levels = {level.id for level in policy.levels}
    for index, actor in enumerate(stage.actors):
        for part, sentence in _actor_faults(policy, actor):
            yield ("actors", index, part), sentence
    for missing in set(stage.supported_by) - levels:
        yield ("supported_by",), f"no level is called “{missing}”"
    for index, clock in enumerate(stage.clocks):
        for place, sentence in _clock_faults(policy, stage, clock):
            yield ("clocks", index, place), sentence
    for index, twice in _twice(clock.id for clock in stage.clocks):
        yield ("clocks", index), f"clock “{twice}” stands twice at this stage"
    yield from _group_faults(policy, stage)
    yield from _closing_faults(policy, route, stage)
    yield from _gate_faults(stage)
    for index, target in enumerate(stage.skip.to):
        if target not in {later.id for later in route.stages}:
            yield ("skip", "to", index), f"no stage of this route is called “{target}”"


def _clock_faults(policy: Policy, stage: Stage, clock: Clock) -> Iterator[tuple[str, str]]:
    if clock.level is not None and clock.level not in {level.id for level in policy.levels}:
        yield "level", f"no level is called “{clock.level}”"
    if clock.side != "all" and clock.side not in stage.sides:
        yield "side", f"nobody of the {clock.side} side acts at this stage, so none can keep this clock"
    for priority in set(clock.limit.priorities) - {choice.id for choice in policy.priorities}:
        yield "limit", f"no priority is called “{priority}”"


def _gate_faults(stage: Stage) -> Iterator[tuple[Path, str]]:
    meetings = {meeting.id for meeting in stage.meetings}
    for index, gate in enumerate(stage.gates):
        if gate.meeting is not None and (gate.meeting not in meetings or gate.before != "resolving"):
            yield (
                ("gates", index, "meeting"),
                f"no meeting of this stage that comes before resolving it is “{gate.meeting}”",
            )


def _group_faults(policy: Policy, stage: Stage) -> Iterator[tuple[Path, str]]:
    questions = {question.id for question in policy.questions}
    for index, group in enumerate(stage.groups):
        for missing in set(group.questions) - questions:
            yield ("groups", index, "questions"), f"no question is called “{missing}”"
        if not stage.sides & set(group.sides):
            yield ("groups", index, "sides"), f"“{group.title}” is asked of nobody who acts at this stage"


def _closing_faults(policy: Policy, route: Route, stage: Stage) -> Iterator[tuple[Path, str]]:
    outcomes = {outcome.id for outcome in policy.outcomes}
    for index, outcome in enumerate(stage.closing.outcomes):
        if outcome not in outcomes:
            yield ("closing", "outcomes", index), f"no outcome is called “{outcome}”"
    if stage.closing.who is Closer.ARBITER and Side.BOARD not in stage.sides and route.final_arbiter is None:
        yield ("closing", "who"), "an arbiter closes this stage, but nobody is named as one"
    if stage.closing.dissent_recorded and stage.closing.who is not Closer.ARBITER:
        yield ("closing", "dissent_recorded"), "only an arbiter can close a stage over somebody's dissent"


def _notice_faults(policy: Policy) -> Iterator[tuple[Path, str]]:
    routes = {route.id for route in policy.routes}
    stages = {stage.id for route in policy.routes for stage in route.stages}
    for index, notice in enumerate(policy.notices):
        for missing in set(notice.routes) - routes:
            yield ("notices", index, "routes"), f"no route is called “{missing}”"
        for missing in set(notice.stages) - stages:
            yield ("notices", index, "stages"), f"no stage is called “{missing}”"
    told = {notice.on for notice in policy.notices if not notice.stages and not notice.routes and notice.identified}
    for event in Event:
        if event not in told:
            yield ("notices",), f"no notice tells the parties of every route and stage when: {event}"
    if policy.pattern is not None and policy.pattern.opens not in stages:
        yield ("pattern", "opens"), f"no stage is called “{policy.pattern.opens}”"
