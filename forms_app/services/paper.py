"""What a form says that is filled in by hand: the questions of a policy, with room to answer them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from forms_app.db.tables import Board
from forms_app.documents.contexts import BlankForm, BlankQuestion, BlankSection, Heading, Room
from forms_app.domain import secrecy
from forms_app.domain.acts import gates_to
from forms_app.domain.ages import BANDS, NOT_KNOWN
from forms_app.domain.policy import (
    Actor,
    Asked,
    Choice,
    Clock,
    DocumentKind,
    Moment,
    Policy,
    Question,
    QuestionKind,
    Route,
    Side,
    Stage,
    Unit,
)
from forms_app.domain.working_days import spell_date
from forms_app.services.in_words import (
    AGE_BAND,
    DECISION,
    SIDES,
    STANDS,
    counted_as,
    document_title,
    spell_limit,
    title_of,
)
from forms_app.services.paper_beside import ACTIONS, beside, contact, meeting, meetings_of
from forms_app.services.paper_parts import (
    DAY,
    TO_DO,
    YES_NO,
    box,
    day,
    line,
    listed,
    numbered,
    pick,
    section,
    table,
    ticks,
)

ROOM = {
    QuestionKind.SHORT_TEXT: Room.LINE,
    QuestionKind.LONG_TEXT: Room.BOX,
    QuestionKind.CHOICE: Room.NONE,
    QuestionKind.CHOICES: Room.NONE,
    QuestionKind.YES_NO: Room.NONE,
    QuestionKind.DATE: Room.LINE,
}


AGREES = ("Yes, we agree", "We agree to the actions, but not to the outcome", "No")


class BlankKind(StrEnum):
    """A kind of form. A new one needs a line in MAKERS and TITLES, and in `blanks_of` where it stands."""

    PROFORMA = "proforma"
    CONCERN = "concern"
    ACCOUNT = "account"
    OUTCOME = "outcome"
    STEP_UP = "step_up"
    ANSWER = "answer"
    CONTACT = "contact"
    MEETING = "meeting"
    BESIDE = "beside"


TITLES = {
    BlankKind.PROFORMA: "Board proforma",
    BlankKind.CONCERN: "Raising a concern",
    BlankKind.ACCOUNT: "Account",
    BlankKind.OUTCOME: "Outcome",
    BlankKind.STEP_UP: "Taking it further",
    BlankKind.ANSWER: "Answer to an outcome",
    BlankKind.CONTACT: "Log of a contact",
    BlankKind.MEETING: "Meeting, panel or mediation",
    BlankKind.BESIDE: "Everything else that is recorded",
}


@dataclass(frozen=True, slots=True)
class Blank:
    """One form of a policy: its kind, and the stage at which it is written, unless it is the same at each."""

    policy: Policy
    kind: BlankKind
    route: Route | None = None
    stage: Stage | None = None

    @property
    def title(self) -> str:
        if self.kind is BlankKind.PROFORMA:
            return document_title(self.policy, DocumentKind.BOARD_PROFORMA)
        if self.route is None or self.stage is None:
            return TITLES[self.kind]
        if self.kind is BlankKind.CONCERN:
            several = len(self.policy.routes) > 1
            return f"{TITLES[self.kind]}, {self.route.title}" if several else TITLES[self.kind]
        return f"{TITLES[self.kind]}, {self.policy.stage_title(self.stage)}"

    def code(self, board: Board) -> str:
        return form_code(board.code, self.policy.key, self.route_id, self.stage_id, self.kind)

    @property
    def route_id(self) -> str | None:
        return self.route.id if self.route else None

    @property
    def stage_id(self) -> str | None:
        return self.stage.id if self.stage else None


def form_code(*parts: str | None) -> str:
    """What a form is called at its foot and in the name of its file; no two of a Board share one."""
    return "-".join(re.sub(r"[^A-Z0-9]+", "-", part.upper()).strip("-") for part in parts if part)


def blanks_of(policy: Policy) -> Iterator[Blank]:
    """Every form that a policy needs on paper: the proforma, then each route from its first stage to its last.

    Between them those that are the same at every stage.
    """
    yield Blank(policy, BlankKind.PROFORMA)
    yield Blank(policy, BlankKind.ANSWER)
    yield Blank(policy, BlankKind.CONTACT)
    if meetings_of(policy):
        yield Blank(policy, BlankKind.MEETING)
    yield Blank(policy, BlankKind.BESIDE)
    for route in policy.routes:
        for stage in route.stages:
            if stage is route.stages[0]:
                yield Blank(policy, BlankKind.CONCERN, route, stage)
            if any(group.asked is Asked.ACCOUNT for group in stage.groups):
                yield Blank(policy, BlankKind.ACCOUNT, route, stage)
            yield Blank(policy, BlankKind.OUTCOME, route, stage)
            yield Blank(policy, BlankKind.STEP_UP, route, stage)


def paper_form(board: Board, blank: Blank, made_on: date) -> BlankForm:
    """Everything that a form says."""
    policy = blank.policy
    return BlankForm(
        heading=Heading(
            board=board.name,
            title=f"Blank form: {blank.title}",
            policy=f"{policy.title} ({policy.dated}), version {policy.version}",
            reference=blank.code(board),
            issued_on=spell_date(made_on),
            business_unit=f"Telephone {board.telephone}, email {board.email}",
        ),
        use=_use(blank),
        sections=tuple(MAKERS[blank.kind](blank)),
    )


def _use(blank: Blank) -> tuple[str, ...]:
    words = blank.policy.words
    if blank.kind is BlankKind.PROFORMA:
        return (
            f"Use this form only when you cannot use the service. Give it to the {words.business_unit} of the {words.board}.",
            f"Transcribe the {words.escalation} into the service as soon as you can: it then makes the proforma itself.",
        )
    return (
        *(
            ["Fill in only the parts that you need: each is a record of its own."]
            if blank.kind is BlankKind.BESIDE
            else []
        ),
        "Use this form only when you cannot use the service. Write clearly, and use more sheets if you need them.",
        "Until it is in the service nobody is sent anything: telephone the people who must know.",
        "Transcribe it into the service as soon as you can, and say there that it was first written on paper.",
        "Then treat this sheet as your agency’s rules for records say.",
    )


# --- the Board's proforma: the questions are the facts of the one that the service makes --------------------------


def _proforma(blank: Blank) -> Iterator[BlankSection]:
    policy = blank.policy
    yield section("The escalation", questions=_facts(policy))
    for route in policy.routes:
        where = f": {route.title}" if len(policy.routes) > 1 else ""
        stages = [(policy.stage_title(stage),) for stage in route.stages]
        limits = [
            (_who(policy, clock), clock.does, spell_limit(clock.limit))
            for stage in route.stages
            for clock in stage.clocks
        ]
        yield section(f"Stages{where}", tables=[table(("Stage", "Entered", "Left", "How"), stages)])
        yield section(f"Time limits{where}", tables=[table(("Who", "What", "By when", "Kept"), limits)])
    if policy.learning:
        yield section("Learning", questions=[pick("What could be learned from this?", policy.learning, several=True)])


def _facts(policy: Policy) -> Iterator[BlankQuestion]:
    yield line("Reference", "If the service gave one.")
    yield line("Opened", "The month and the year, not the day.")
    yield line("Raised by", "The kind of agency, not its name.")
    yield line("Raised with", "The kinds of agency, not their names.")
    if len(policy.routes) > 1:
        yield ticks("Route", [route.title for route in policy.routes])
    yield ticks(
        "Reason", dict.fromkeys(reason.title for route in policy.routes for reason in policy.categories_of(route))
    )
    yield line("Where it stands")
    yield ticks(AGE_BAND, (*BANDS, NOT_KNOWN))
    stages = [stage for route in policy.routes for stage in route.stages]
    if not all(stage.counts for stage in stages):
        yield ticks(counted_as(policy), ("Yes", "Not yet"))
    if any(stage.closing.decision_stands for stage in stages):
        yield ticks(DECISION, (STANDS,))
    yield pick("Outcome", policy.outcomes)
    yield line("Agreed actions", "How many were agreed.")
    yield ticks("Policy gap found", YES_NO)
    if any(stage.closing.dissent_recorded for stage in stages):
        yield ticks("Dissent recorded", YES_NO)
    if any(route.after.kind != "joins" for route in policy.routes):
        yield ticks("What came of it", ("Recorded", "Not recorded yet"))
    for question in policy.questions:
        if question.on_proforma:
            yield _asked(policy, question)


# --- the forms of a stage -----------------------------------------------------------------------------------------


def _concern(blank: Blank) -> Iterator[BlankSection]:
    policy, route, stage = _place(blank)
    yield _danger(policy)
    yield _writer("Who raises the concern")
    yield from _status(policy)
    yield _about(policy, route, stage)
    yield section("The other side", questions=[box(_which_agencies(policy))])
    yield _people(policy, stage)
    yield _subject(policy)
    yield from _groups(policy, stage, Asked.OPENING)
    yield _time(policy, stage, _starts(route))


def _account(blank: Blank) -> Iterator[BlankSection]:
    policy, _, stage = _place(blank)
    yield from _beginning(blank)
    yield _when("Which day is this account about?")
    yield from _groups(policy, stage, Asked.ACCOUNT)


def _outcome(blank: Blank) -> Iterator[BlankSection]:
    policy, _, stage = _place(blank)
    yield from _beginning(blank)
    yield _when("When was this settled?")
    yield from _groups(policy, stage, Asked.OUTCOME)
    yield section("Agreed actions", tables=[table(("Agreed actions", *TO_DO), numbered("Action", ACTIONS))])
    yield section("The outcome", questions=_result(policy, stage))


def _step_up(blank: Blank) -> Iterator[BlankSection]:
    policy, route, stage = _place(blank)
    yield from _beginning(blank)
    yield _where(policy, route, stage)
    yield from _groups(policy, stage, Asked.STEP_UP)
    following = _after(policy, route, stage)
    if following is None:
        yield _people(policy, stage)
    for each in _further(policy, route, stage):
        yield _people(policy, each, before="entering")
        yield _time(policy, each, [], entering=True)


def _answer(blank: Blank) -> Iterator[BlankSection]:
    yield from _beginning(blank)
    yield section(
        "Your answer",
        questions=[
            ticks("Does your side agree with this outcome?", AGREES),
            box("Why do you not agree with the outcome?", "Say what you would need in order to agree."),
        ],
    )


def _beside(makes: Callable[[Policy], Iterator[BlankSection]]) -> Callable[[Blank], Iterator[BlankSection]]:
    def made(blank: Blank) -> Iterator[BlankSection]:
        yield from _beginning(blank)
        yield from makes(blank.policy)

    return made


MAKERS: dict[BlankKind, Callable[[Blank], Iterator[BlankSection]]] = {
    BlankKind.PROFORMA: _proforma,
    BlankKind.CONCERN: _concern,
    BlankKind.ACCOUNT: _account,
    BlankKind.OUTCOME: _outcome,
    BlankKind.STEP_UP: _step_up,
    BlankKind.ANSWER: _answer,
    BlankKind.CONTACT: _beside(contact),
    BlankKind.MEETING: _beside(meeting),
    BlankKind.BESIDE: _beside(beside),
}


def _place(blank: Blank) -> tuple[Policy, Route, Stage]:
    assert blank.route is not None, "this form is of a stage"
    assert blank.stage is not None, "this form is of a stage"
    return blank.policy, blank.route, blank.stage


def _after(policy: Policy, route: Route, stage: Stage) -> Stage | None:
    """The stage that follows, on this route or on the one that it joins; None where it leaves the policy."""
    if stage is not route.stages[-1]:
        return route.stages[route.stages.index(stage) + 1]
    if route.after.route is None or route.after.stage is None:
        return None
    return policy.stage(route.after.route, route.after.stage)


def _beginning(blank: Blank) -> Iterator[BlankSection]:
    policy, stage = blank.policy, blank.stage
    yield _danger(policy)
    questions = [
        line("Reference", "If the service gave one."),
        box(
            "Otherwise, by what can it be found?",
            f"The name of the {policy.words.child}, who raised the concern, with which agency, and when.",
        ),
    ]
    if stage is None:
        stages = [policy.stage_title(each) for route in policy.routes for each in route.stages]
        questions.append(ticks(f"At which {policy.words.stage} is it?", dict.fromkeys(stages)))
    notes = [] if stage is None else [policy.stage_title(stage), stage.summary]
    yield section("The escalation", notes=notes, questions=questions)
    yield _writer("Who writes this")


def _danger(policy: Policy) -> BlankSection:
    options = (
        "No",
        "There is danger, and the emergency has been reported",
        "Yes, and nobody has been told yet",
    )
    return section(
        "Immediate danger",
        notes=policy.danger.steps,
        questions=[
            ticks(
                f"Is the {policy.words.child}, or anybody else, in immediate danger?",
                options,
                "If nobody has been told yet, stop here and do what is said above.",
            ),
            box("What was done, when, and who was told?", "If there is or was danger."),
        ],
    )


def _writer(title: str) -> BlankSection:
    questions = [
        line("Name and job title"),
        line("Agency"),
        line("Telephone and email"),
        line("Day and time of writing"),
    ]
    return section(title, questions=questions)


def _about(policy: Policy, route: Route, stage: Stage) -> BlankSection:
    questions = [pick("What is the main reason?", policy.categories_of(route))]
    if policy.concern_shapes:
        questions.insert(0, pick("What do you disagree with?", policy.concern_shapes))
    notes = [f"{route.title}. {route.description}", policy.stage_title(stage), stage.summary]
    return section("About the disagreement", notes=notes, questions=[*questions, *_gates(stage, "opening")])


def _status(policy: Policy) -> Iterator[BlankSection]:
    """What may be true of the child, where that decides which route it takes."""
    statuses = dict.fromkeys(choice.title for route in policy.routes for choice in route.subject_status)
    if statuses:
        question = f"Which of these is true of the {policy.words.child}?"
        yield section("Kind of disagreement", questions=[ticks(question, (*statuses, "None of these"))])


def _where(policy: Policy, route: Route, stage: Stage) -> BlankSection:
    """The next stage or the way out, or a choice of these and of the stages for which others can be passed over."""
    following = _after(policy, route, stage)
    onward = route.after.title if following is None else policy.stage_title(following)
    skips, opened = _skipped_to(route, stage), _opened_by_pattern(policy, route, stage)
    because = ", because there have been several similar escalations"
    ways = [onward, *map(policy.stage_title, skips), *(f"{policy.stage_title(each)}{because}" for each in opened)]
    if len(ways) == 1:
        return section("Where it goes", notes=ways)
    questions = [ticks("Where does it go?", ways)]
    if skips and stage.skip.reasons:
        questions.append(pick("Why are stages passed over?", stage.skip.reasons))
    note = f"Below, fill in what stands under the name of the {policy.words.stage} to which it goes."
    return section("Where it goes", notes=[note], questions=questions)


def _further(policy: Policy, route: Route, stage: Stage) -> list[Stage]:
    """Every stage to which it can go from here."""
    following = _after(policy, route, stage)
    further = [*_skipped_to(route, stage), *_opened_by_pattern(policy, route, stage)]
    return list({each.id: each for each in ([following] if following else []) + further}.values())


def _skipped_to(route: Route, stage: Stage) -> list[Stage]:
    return [each for each in _later(route, stage) if stage.skip.rule != "never" and each.id in stage.skip.to]


def _opened_by_pattern(policy: Policy, route: Route, stage: Stage) -> list[Stage]:
    pattern = policy.pattern
    return [each for each in _later(route, stage) if pattern and pattern.count and each.id == pattern.opens]


def _later(route: Route, stage: Stage) -> tuple[Stage, ...]:
    """The stages after the next one."""
    return route.stages[route.stages.index(stage) + 2 :]


def _which_agencies(policy: Policy) -> str:
    several = policy.several_responding_agencies
    return "Which agencies do you disagree with?" if several else "Which agency do you disagree with?"


def _people(policy: Policy, stage: Stage, before: str = "") -> BlankSection:
    rows = [(f"{_title(policy, actor)} ({SIDES[actor.side].lower()} side)",) for actor in stage.actors]
    columns = ("Part in it", "Name", "Job title and agency", "Telephone and email")
    return section(
        f"The people who take part at {policy.stage_title(stage)}",
        notes=["Name one person for each agency of that side.", stage.summary] if before else [],
        questions=_gates(stage, before),
        tables=[table(columns, [*rows, ("Anyone else who must be told",), ("Anyone else who must be told",)])],
    )


def _title(policy: Policy, actor: Actor) -> str:
    return actor.title or policy.level_title(actor.level)


def _subject(policy: Policy) -> BlankSection:
    return section(
        "Who the concern is about",
        questions=[
            ticks("Who is the concern about?", policy.subject_titles.values()),
            box("Full names", "For an unborn child, the mother’s name."),
            line("Other names they are known by"),
            line("Dates of birth, or the date the baby is due"),
            line("Parents, carers, brothers and sisters"),
            line("Address"),
            ticks(secrecy.QUESTION, ("No", "Yes")),
            line("School, nursery or college"),
            line("GP or other health practice"),
            line("Numbers that other agencies know them by", "For example an NHS number or a case number."),
        ],
    )


def _when(question: str) -> BlankSection:
    return section("When it happened", questions=[line(question, DAY)])


def _starts(route: Route) -> Iterator[BlankQuestion]:
    starts = {clock.starts for each in route.stages for clock in each.clocks} | {cap.starts for cap in route.caps}
    if Moment.CONCERN_IDENTIFIED in starts:
        yield line("When did you identify the concern?", DAY)
    if Moment.DECISION_RECEIVED in starts:
        yield line("When were you told of the decision?", DAY)


def _time(policy: Policy, stage: Stage, starts: Iterable[BlankQuestion], *, entering: bool = False) -> BlankSection:
    units = {clock.limit.unit for clock in stage.clocks}
    questions = [*starts]
    where = policy.stage_title(stage) if entering else f"this {policy.words.stage}"
    if Unit.STATED in units:
        questions.append(day(f"By when should it be settled at {where}?"))
    elif Unit.AGREED in units:
        questions.append(day(f"By when do you propose to settle it at {where}?"))
    if Unit.BY_PRIORITY in units:
        questions.append(pick("How urgent is it?", policy.priorities))
    questions += [
        line(f"Must it be settled sooner to protect the {policy.words.child}?", "If so, by which day."),
        line("Why must it be sooner?"),
    ]
    limits = [(_who(policy, clock), clock.does, spell_limit(clock.limit)) for clock in stage.clocks]
    columns = ("Who", "What", "By when", "Which day is that?")
    title = f"By when, at {where}" if entering else "By when"
    return section(title, questions=questions, tables=[table(columns, limits)])


def _result(policy: Policy, stage: Stage) -> Iterator[BlankQuestion]:
    yield ticks("What is the outcome?", [title_of(policy.outcomes, outcome) for outcome in stage.closing.outcomes])
    yield box("What is still outstanding, and how will it be pursued?", "Write “None” if nothing is outstanding.")
    yield line("When will this be reviewed?", DAY)
    if stage.checks:
        yield ticks("Which of these have been done?", [check.text for check in stage.checks], several=True)
    if policy.learning:
        yield pick("What could be learned from this?", policy.learning, several=True)
    yield ticks("Has this shown a gap in policies or procedures?", YES_NO)
    yield box("Which gap is it, and what should change?", "Only if it has shown one. Do not name anybody.")
    yield from _gates(stage, "resolving")


def _groups(policy: Policy, stage: Stage, asked: Asked) -> Iterator[BlankSection]:
    for group in stage.groups:
        if group.asked is asked:
            asked_of = [side for side in Side if side in stage.sides and side in group.sides]
            everybody = asked is Asked.OPENING or len(asked_of) == len(stage.sides)
            yield section(
                group.title,
                notes=[] if everybody else [f"For the {listed([SIDES[side].lower() for side in asked_of])} side only."],
                questions=[_asked(policy, policy.question(name)) for name in group.questions],
            )


def _gates(stage: Stage, before: str) -> Iterator[BlankQuestion]:
    for gate in gates_to(stage, before):
        who = "Write who it is at each agency, and on which day they were told." if gate.per_agency else ""
        yield BlankQuestion(
            question="Confirm",
            hints=(f"If you cannot: {gate.otherwise}", *([who] if who else [])),
            options=(f"☐ {gate.statement}",),
            room=Room.BOX if gate.per_agency else Room.NONE,
        )


# --- parts --------------------------------------------------------------------------------------------------------


def _asked(policy: Policy, question: Question) -> BlankQuestion:
    """A question of the policy."""
    options = YES_NO if question.kind is QuestionKind.YES_NO else [option.title for option in question.options]
    ticked = ticks(question.label, options, several=question.kind is QuestionKind.CHOICES)
    hints = [*([question.hint] if question.hint else []), *_condition(policy, question)]
    hints += [DAY] if question.kind is QuestionKind.DATE else []
    return ticked.model_copy(
        update={"hints": (*hints, *(ticked.hints if options else ())), "room": ROOM[question.kind]}
    )


def _condition(policy: Policy, question: Question) -> Iterator[str]:
    if question.only_if is not None:
        asked = policy.question(question.only_if.question)
        options = asked.options or (Choice(id="yes", title="Yes"), Choice(id="no", title="No"))
        answers = [f"“{title_of(options, code)}”" for code in question.only_if.is_one_of]
        yield f"Only if you answered {listed(answers, 'or')} to “{asked.label}”"


def _who(policy: Policy, clock: Clock) -> str:
    side = "All sides" if clock.side == "all" else f"{SIDES[clock.side]} side"
    return side if clock.level is None else f"{side}: {policy.level_title(clock.level)}"
