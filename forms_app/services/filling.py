"""Fills the frozen value of each kind of document from an escalation's records, in the words of its policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from forms_app.db.tables import Escalation, StageRecord
from forms_app.db.tables import Party as PartyRow
from forms_app.documents import contexts as say
from forms_app.domain.answers import Section, Sections, from_json
from forms_app.domain.clocks import Running
from forms_app.domain.escalation import Left, Open, Resolved, Standing, Visit
from forms_app.domain.policy import DEIDENTIFIED, Choice, DocumentKind, Policy, Side
from forms_app.domain.records import (
    AgreedAction,
    Agreement,
    Dissent,
    Facts,
    MeetingHeld,
    Outcome,
    Quiet,
    Step,
    StepsSet,
    StepUp,
)
from forms_app.domain.working_days import spell_date, spell_time, uk_date
from forms_app.services.history import concern_of, step_of
from forms_app.services.in_words import (
    DECISION,
    SERVICE,
    SIDES,
    STANDS,
    WRITTEN,
    by_when,
    counted_as,
    document_title,
    kept,
    month,
    not_met,
    spell_limit,
    title_of,
    what_is_due,
    where_it_stands,
    who_acts,
    with_article,
)
from forms_app.services.sight import visible

NO_DANGER = ("danger", ("no",))
"""The answer to the question before every form that says nothing which a reader has to know."""
SAID_IN_THE_CONFIRMATION = frozenset({"outcome", "outstanding", "review"})
"""Answers that a confirmation of the outcome gives in a place of their own."""


@dataclass(frozen=True, slots=True)
class Filling:
    """Everything that a document of this moment can say."""

    policy: Policy
    escalation: Escalation
    record: StageRecord
    standing: Standing
    now: datetime

    def fill(self, kind: DocumentKind) -> say.Context:
        match kind:
            case DocumentKind.WRITTEN_ACCOUNT:
                return self._written_account()
            case DocumentKind.STAGE_RECORD:
                return self._stage_record()
            case DocumentKind.WRITTEN_CONFIRMATION:
                return self._written_confirmation()
            case DocumentKind.NOTICE_TO_BOARD:
                return self._notice_to_board()
            case DocumentKind.BOARD_PROFORMA:
                return self._board_proforma()

    def line(self, kind: DocumentKind) -> str:
        """What lists and messages call the document. A stage record, of which there are many, says what it records and where."""
        title = document_title(self.policy, kind)
        if kind is not DocumentKind.STAGE_RECORD:
            return title
        stage = self.policy.stage(self.record.route, self.record.stage)
        where = stage.name if stage.number is None else f"{self.policy.words.stage} {stage.number}"
        return f"{title} ({WRITTEN[self.record.kind].lower()}, {where})"

    # --- identified documents: for the parties only

    def _written_account(self) -> say.WrittenAccount:
        return say.WrittenAccount(
            heading=self._heading(DocumentKind.WRITTEN_ACCOUNT),
            raised_by=self._raiser(),
            raised_on=spell_time(self.record.entered_at),
            stage=self._stage_of(self.record),
            parties=self._parties(),
            subject=self._subject(),
            sections=self._sections(),
            time_limits=self._time_limits(),
        )

    def _stage_record(self) -> say.StageRecord:
        facts = step_of(self.record).facts
        return say.StageRecord(
            heading=self._heading(DocumentKind.STAGE_RECORD),
            stage=self._stage_of(self.record),
            what=WRITTEN[self.record.kind],
            written_by=self._written_by(self.record),
            happened_on=spell_date(self.record.happened_on),
            entered_at=spell_time(self.record.entered_at),
            parties=self._parties(),
            subject=self._subject(),
            sections=self._sections(),
            actions=_actions(facts),
            time_limits=self._time_limits(),
        )

    def _written_confirmation(self) -> say.WrittenConfirmation:
        assert isinstance(self.standing, Resolved), "only what is resolved is confirmed"
        record = next(row for row in self.escalation.records if row.id == self.standing.step.id)
        outcome = self.standing.outcome
        return say.WrittenConfirmation(
            heading=self._heading(DocumentKind.WRITTEN_CONFIRMATION),
            stage=self._stage_of(record),
            outcome=title_of(self.policy.outcomes, outcome.outcome),
            resolved_on=spell_time(self.standing.at),
            raised_by=self._raiser(),
            parties=self._parties(),
            subject=self._subject(),
            sections=_sections(from_json(record.sections), leave_out=SAID_IN_THE_CONFIRMATION),
            actions=_actions(outcome),
            outstanding=outcome.outstanding,
            review=spell_date(outcome.review_on) if outcome.review_on else "",
            agreement=tuple(self._agreement(record)),
        )

    def _agreement(self, outcome: StageRecord) -> Iterator[say.Answer]:
        """Who recorded the outcome and who agreed; and who had not agreed to an earlier one here, or to a decision."""
        here = {step.id for step in self.standing.visits[-1].steps}
        for row in self.escalation.records:
            facts, party = step_of(row).facts, self._written_by(row)
            who, when = f"{party.name}, {party.agency}", spell_time(row.entered_at)
            match facts:
                case Outcome() if row.id == outcome.id:
                    yield say.Answer(question=who, answer=f"Recorded this outcome on {when}")
                case Agreement() if row.id in here:
                    word = _word_of(facts)
                    said = word if facts.outcome == outcome.id else f"To an earlier outcome: {word.lower()}"
                    because = f": {facts.reasons}" if facts.reasons else ""
                    yield say.Answer(question=who, answer=f"{said} on {when}{because}")
                case Dissent():
                    yield say.Answer(question=who, answer=f"Recorded dissent on {when}")
                case _:
                    pass

    # --- de-identified documents: chosen from an allow-list, nothing that a person typed

    def _notice_to_board(self) -> say.NoticeToBoard:
        return say.NoticeToBoard(
            heading=self._heading(DocumentKind.NOTICE_TO_BOARD), reason=self._reason(), facts=self._facts()
        )

    def _board_proforma(self) -> say.BoardProforma:
        return say.BoardProforma(
            heading=self._heading(DocumentKind.BOARD_PROFORMA),
            facts=(*self._facts(), *self._allowed_answers()),
            stages=tuple(self._stage_lines()),
            time_limits=timeliness(self.policy, self.standing.clocks, self.now),
            learning=tuple(self._learning()),
            part="",
            texts=(),
        )

    def _reason(self) -> str:
        words, stands = self.policy.words, self.standing
        one = with_article(words.escalation)
        match stands:
            case Resolved():
                return f"{one} of which the {words.board} was told has been resolved."
            case Left(after=after):
                return f"{one} has gone on outside the policy: {after.title}."
            case Open(visit=visit) if isinstance(step_of(self.record).facts, Quiet):
                return f"Nothing has been recorded for {self._allowed_silence()} at {self.policy.stage_title(visit.stage)}."
            case Open(visit=visit):
                return f"{one} has reached {self.policy.stage_title(visit.stage)}."

    def _allowed_silence(self) -> str:
        quiet = self.policy.quiet
        return "longer than the policy allows" if quiet is None else spell_limit(quiet.limit).lower()

    def _facts(self) -> tuple[say.Fact, ...]:
        where = say.Fact(name="Where it stands", value=where_it_stands(self.policy, self.standing))
        return (where, *facts_for_the_board(self.policy, self.escalation, self.standing))

    def _allowed_answers(self) -> Iterator[say.Fact]:
        """The answers that the policy allows on its proforma: choices, never typed text. The latest answer counts."""
        allowed = {question.id: question for question in self.policy.questions if question.on_proforma}
        latest: dict[str, tuple[str, ...]] = {}
        for row in visible(self.escalation.records, self.policy, None):
            for section in from_json(row.sections):
                latest.update({answer.id: answer.codes for answer in section.answers if answer.id in allowed})
        for name, codes in latest.items():
            options = allowed[name].options or (Choice(id="yes", title="Yes"), Choice(id="no", title="No"))
            chosen = ", ".join(title_of(options, code) for code in codes)
            yield say.Fact(name=allowed[name].label, value=chosen or "Not answered")

    def _stage_lines(self) -> Iterator[say.StageLine]:
        for visit in self.standing.visits:
            yield say.StageLine(
                stage=self.policy.stage_title(visit.stage),
                entered=month(visit.entered_at),
                left=month(visit.left_at) if visit.left_at else "Not yet",
                how=self._how_left(visit),
            )

    def _how_left(self, visit: Visit) -> str:
        if visit.left_at is None:
            return "Open"
        if visit.steps and isinstance(visit.steps[-1].facts, StepUp):
            return "Not resolved here"
        return "Resolved"

    def _learning(self) -> Iterator[str]:
        if isinstance(self.standing, Resolved):
            yield from (title_of(self.policy.learning, code) for code in self.standing.outcome.learning)

    # --- parts

    def _heading(self, kind: DocumentKind) -> say.Heading:
        board = self.escalation.board
        return say.Heading(
            board=board.name,
            title=document_title(self.policy, kind),
            policy=f"{self.policy.title} ({self.policy.dated})",
            reference=self.escalation.reference,
            issued_on=month(self.now) if kind in DEIDENTIFIED else spell_date(uk_date(self.now)),
            business_unit=f"Telephone {board.telephone}, email {board.email}",
        )

    def _subject(self) -> tuple[say.Answer, ...]:
        return tuple(
            say.Answer(question=answer.question, answer=answer.answer)
            for section in from_json(self.escalation.subject.answers)
            for answer in section.answers
        )

    def _sections(self) -> tuple[say.Section, ...]:
        if self.record.person_id is None:
            why = say.Answer(question="Why", answer=why_by_itself(self.policy, self.escalation, self.record))
            return (say.Section(title=SERVICE, answers=(why,)),)
        return _sections(from_json(self.record.sections))

    def _parties(self) -> tuple[say.Party, ...]:
        return tuple(self._party(row) for row in self.escalation.parties)

    def _party(self, row: PartyRow) -> say.Party:
        return say.Party(
            name=row.person.name,
            job_title=row.person.job_title,
            agency=row.agency.name,
            side=SIDES[Side(row.side)] + (" (raised the concern)" if row.is_raiser else ""),
        )

    def _written_by(self, record: StageRecord) -> say.Party:
        """The party who wrote a record, or the service itself."""
        rows = (row for row in self.escalation.parties if row.person_id == record.person_id)
        row = next(rows, None)
        return (
            say.Party(name=SERVICE, job_title="None", agency="None", side="None") if row is None else self._party(row)
        )

    def _raiser(self) -> say.Party:
        return next(self._party(row) for row in self.escalation.parties if row.is_raiser)

    def _stage_of(self, record: StageRecord) -> str:
        return self.policy.stage_title(self.policy.stage(record.route, record.stage))

    def _time_limits(self) -> tuple[say.TimeLimit, ...]:
        return time_limits(self.policy, self.standing.clocks, self.now)


def facts_for_the_board(policy: Policy, escalation: Escalation, now: Standing) -> Iterator[say.Fact]:
    """What the Board may know of an escalation beside where it stands: chosen, never typed, and without any day."""
    route = now.visits[0].route
    agencies = concern_of(escalation).agencies
    yield say.Fact(name="Opened", value=month(escalation.opened_at))
    yield say.Fact(name="Raised by", value=next(party.agency.name for party in escalation.parties if party.is_raiser))
    yield say.Fact(name="Raised with", value=", ".join(agency.name for agency in agencies))
    if len(policy.routes) > 1:
        yield say.Fact(name="Route", value=route.title)
    yield say.Fact(name="Reason", value=title_of(policy.categories_of(route), escalation.category))
    match now:
        case Open(visit=visit):
            if not visit.stage.counts:
                yield say.Fact(name=counted_as(policy), value="Not yet")
            if now.decision_stands:
                yield say.Fact(name=DECISION, value=STANDS)
        case Resolved(outcome=outcome):
            yield say.Fact(name="Outcome", value=title_of(policy.outcomes, outcome.outcome))
            yield say.Fact(name="Agreed actions", value=str(len(outcome.actions)))
            yield say.Fact(name="Policy gap found", value="Yes" if outcome.policy_gap else "No")
            if now.visits[-1].stage.closing.dissent_recorded:
                yield say.Fact(name="Dissent recorded", value="Yes" if dissents(now) else "No")
        case Left():
            yield say.Fact(name="What came of it", value="Recorded" if now.came_of else "Not recorded yet")


def dissents(now: Standing) -> list[Step]:
    """The records of those who did not share the decision that closed the stage."""
    return [step for step in now.since if isinstance(step.facts, Dissent)] if isinstance(now, Resolved) else []


def why_by_itself(policy: Policy, escalation: Escalation, record: StageRecord) -> str:
    """Why the service made a record of its own, in a sentence."""
    match step_of(record).facts:
        case StepUp(unanswered=str(clock)):
            stage = policy.stage(record.route, record.stage)
            does = next((each.does for each in stage.clocks if each.id == clock), clock)
            return f"Opened by itself: nobody kept “{does}” in time."
        case _:
            others = (row for row in visible(escalation.records, policy, None) if row.kind != record.kind)
            last = [row.entered_at for row in others if row.number < record.number][-1]
            return f"Nothing had been recorded since {spell_time(last)}."


def time_limits(policy: Policy, clocks: Sequence[Running], now: datetime) -> tuple[say.TimeLimit, ...]:
    """Clocks in words: who, what, by when, and whether each was kept."""
    return tuple(
        say.TimeLimit(
            who=who_acts(policy, clock),
            what=what_is_due(policy, clock, clocks),
            by_when=by_when(clock),
            kept=kept(clock, now),
        )
        for clock in clocks
    )


def timeliness(policy: Policy, clocks: Sequence[Running], now: datetime) -> tuple[say.TimeLimit, ...]:
    """Clocks without their dates: the limits, and whether each was kept."""
    return tuple(
        say.TimeLimit(
            who=who_acts(policy, clock),
            what=what_is_due(policy, clock, clocks),
            by_when=spell_limit(clock.limit),
            kept=_kept_in_time(clock, now),
        )
        for clock in clocks
    )


def _kept_in_time(clock: Running, now: datetime) -> str:
    late = clock.is_late(now)
    return not_met(clock, late) if clock.met_at is None else ("Late" if late else "Kept")


def _sections(sections: Sections, leave_out: frozenset[str] = frozenset()) -> tuple[say.Section, ...]:
    return tuple(
        say.Section(title=section.title, answers=answers)
        for section in sections
        if (answers := tuple(_answers(section, leave_out)))
    )


def _answers(section: Section, leave_out: frozenset[str]) -> Iterator[say.Answer]:
    for answer in section.answers:
        if answer.id not in leave_out and (answer.id, answer.codes) != NO_DANGER:
            yield say.Answer(question=answer.question, answer=answer.answer)


def actions_of(facts: Facts) -> tuple[AgreedAction, ...]:
    """What a record says that somebody will do by a date: actions, recommendations, steps."""
    match facts:
        case Outcome(actions=actions) | MeetingHeld(recommendations=actions) | StepsSet(steps=actions):
            return actions
        case _:
            return ()


def _word_of(answer: Agreement) -> str:
    if answer.agrees:
        return "Agreed"
    return "Agreed to the actions, but not to the outcome," if answer.agrees_actions else "Did not agree"


def _actions(facts: Facts) -> tuple[say.Action, ...]:
    return tuple(
        say.Action(what=action.what, who=action.who, by_when=spell_date(action.by_when)) for action in actions_of(facts)
    )
