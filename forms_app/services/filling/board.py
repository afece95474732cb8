"""De-identified documents: built from an allow-list, of nothing that a person typed, no name and no day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from forms_app.db.tables import Escalation
from forms_app.documents import contexts as say
from forms_app.domain.ages import age_bands
from forms_app.domain.answers import from_json
from forms_app.domain.circulation import Circulation
from forms_app.domain.escalation import Left, Open, Resolved, Standing
from forms_app.domain.policy import Choice, DocumentKind, Event, Policy, Subject
from forms_app.domain.records import Quiet
from forms_app.domain.working_days import uk_date
from forms_app.services.filling.values import Filling, dissents, timeliness
from forms_app.services.history import concern_of, step_of
from forms_app.services.in_words import (
    AGE_BAND,
    DECISION,
    SEATS,
    STANDS,
    counted_as,
    month,
    spell_limit,
    title_of,
    where_it_stands,
    with_article,
)
from forms_app.services.sight import visible

OPENING, CLOSING, LEARNING, NOW = "Opening", "Closing", "Learning", "How it stands now"
"""Why a proforma is made now."""
ANOTHER_KIND = "Another kind of agency"


def notice_to_board(filling: Filling, circulation: Circulation) -> say.NoticeToBoard:
    return say.NoticeToBoard(
        heading=filling.heading(DocumentKind.NOTICE_TO_BOARD),
        reason=_reason(filling),
        facts=(_where(filling), *_of_the_concern(filling), *how_it_stands(filling.policy, filling.standing)),
    )


def board_proforma(filling: Filling, circulation: Circulation) -> say.BoardProforma:
    return say.BoardProforma(
        heading=filling.heading(DocumentKind.BOARD_PROFORMA),
        part=part_of(filling, circulation),
        facts=_facts(filling),
        stages=filling.stage_lines(month),
        time_limits=timeliness(filling.policy, filling.standing.clocks, filling.now),
        learning=tuple(_learning(filling)),
        texts=(),
    )


def sub_group_report(filling: Filling, circulation: Circulation) -> say.SubGroupReport:
    return say.SubGroupReport(
        heading=filling.heading(DocumentKind.SUB_GROUP_REPORT),
        to=_to(circulation),
        facts=_facts(filling),
        stages=filling.stage_lines(month),
        learning=tuple(_learning(filling)),
        texts=(),
    )


def policy_gap_notice(filling: Filling, circulation: Circulation) -> say.PolicyGapNotice:
    return say.PolicyGapNotice(
        heading=filling.heading(DocumentKind.POLICY_GAP_NOTICE),
        to=_to(circulation),
        stage=filling.stage_of(filling.record),
        facts=(_where(filling), *_of_the_concern(filling)),
        texts=(),
    )


def part_of(filling: Filling, circulation: Circulation) -> str:
    """Why a proforma is made, by what it is owed for."""
    if filling.happening is None:
        return NOW
    match filling.happening.event:
        case Event.OPENED | Event.STAGE_ENTERED:
            return OPENING
        case Event.RESOLVED | Event.LEFT:
            return LEARNING if circulation.for_learning else CLOSING
        case _:
            return NOW


def _to(circulation: Circulation) -> str:
    return ", ".join(SEATS[audience] for audience in circulation.to if audience in SEATS)


def _reason(filling: Filling) -> str:
    policy, words = filling.policy, filling.policy.words
    one = with_article(words.escalation)
    match filling.standing:
        case Resolved():
            return f"{one} of which the {words.board} was told has been resolved."
        case Left(after=after):
            return f"{one} has gone on outside the policy: {after.title}."
        case Open(visit=visit) if isinstance(step_of(filling.record).facts, Quiet):
            return f"Nothing has been recorded for {_allowed_silence(policy)} at {policy.stage_title(visit.stage)}."
        case Open(visit=visit):
            return f"{one} has reached {policy.stage_title(visit.stage)}."


def _allowed_silence(policy: Policy) -> str:
    quiet = policy.quiet
    return "longer than the policy allows" if quiet is None else spell_limit(quiet.limit).lower()


# --- the allow-list -------------------------------------------------------------------------------------------------


def _facts(filling: Filling) -> tuple[say.Fact, ...]:
    return (
        _where(filling),
        *_of_the_concern(filling),
        _age_band(filling),
        *how_it_stands(filling.policy, filling.standing),
        *_allowed_answers(filling),
    )


def _where(filling: Filling) -> say.Fact:
    return say.Fact(name="Where it stands", value=where_it_stands(filling.policy, filling.standing))


def _of_the_concern(filling: Filling) -> Iterator[say.Fact]:
    """In which month, between which kinds of agency, on which route and why."""
    escalation = filling.escalation
    raising = (row.agency_id for row in escalation.parties if row.is_raiser)
    yield say.Fact(name="Opened", value=month(escalation.opened_at))
    yield say.Fact(name="Raised by", value=_kinds(filling, raising))
    yield say.Fact(name="Raised with", value=_kinds(filling, (each.id for each in concern_of(escalation).agencies)))
    yield from _route_and_reason(filling.policy, escalation, filling.standing)


def _kinds(filling: Filling, agencies: Iterable[UUID]) -> str:
    """The kinds of some agencies, each once, in the order in which the policy lists them."""
    found = {filling.kinds.get(agency) for agency in agencies}
    known = [kind.title for kind in filling.policy.agency_kinds if kind.id in found]
    strangers = found - {kind.id for kind in filling.policy.agency_kinds}
    return ", ".join((*known, *([ANOTHER_KIND] if strangers else [])))


def _age_band(filling: Filling) -> say.Fact:
    return say.Fact(name=AGE_BAND, value=", ".join(bands_of(filling.escalation)))


def bands_of(escalation: Escalation) -> tuple[str, ...]:
    """The band of age of each child on the day on which it was opened, as far as the dates of birth can be read."""
    answers = (answer for section in from_json(escalation.subject.answers) for answer in section.answers)
    births = next((answer.answer for answer in answers if answer.id == "births"), "")
    return age_bands(Subject(escalation.subject.kind), births, uk_date(escalation.opened_at))


def _allowed_answers(filling: Filling) -> Iterator[say.Fact]:
    """The answers that the policy allows on its proforma: choices, never typed text. The latest answer counts."""
    allowed = {question.id: question for question in filling.policy.questions if question.on_proforma}
    latest: dict[str, tuple[str, ...]] = {}
    for row in visible(filling.escalation.records, filling.policy, None):
        for section in from_json(row.sections):
            latest.update({answer.id: answer.codes for answer in section.answers if answer.id in allowed})
    for name, codes in latest.items():
        options = allowed[name].options or (Choice(id="yes", title="Yes"), Choice(id="no", title="No"))
        chosen = ", ".join(title_of(options, code) for code in codes)
        yield say.Fact(name=allowed[name].label, value=chosen or "Not answered")


def _learning(filling: Filling) -> Iterator[str]:
    if isinstance(filling.standing, Resolved):
        yield from (title_of(filling.policy.learning, code) for code in filling.standing.outcome.learning)


def _route_and_reason(policy: Policy, escalation: Escalation, now: Standing) -> Iterator[say.Fact]:
    route = now.visits[0].route
    if len(policy.routes) > 1:
        yield say.Fact(name="Route", value=route.title)
    yield say.Fact(name="Reason", value=title_of(policy.categories_of(route), escalation.category))


def how_it_stands(policy: Policy, now: Standing) -> Iterator[say.Fact]:
    """What is known of where it stands or how it ended: choices and numbers."""
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


# --- the Board's register, a page of the service ---------------------------------------------------------------------


def facts_for_the_board(policy: Policy, escalation: Escalation, now: Standing) -> Iterator[say.Fact]:
    """What the Board's office reads on its register beside where it stands: also which agencies they are."""
    agencies = concern_of(escalation).agencies
    yield say.Fact(name="Opened", value=month(escalation.opened_at))
    yield say.Fact(name="Raised by", value=next(party.agency.name for party in escalation.parties if party.is_raiser))
    yield say.Fact(name="Raised with", value=", ".join(agency.name for agency in agencies))
    yield from _route_and_reason(policy, escalation, now)
    yield from how_it_stands(policy, now)
