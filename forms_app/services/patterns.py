"""Patterns of similar escalations, for the Board's office and its scrutineer: how many there are, what they open, who looked at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from forms_app.db import similar as rows
from forms_app.db.boards import names_of_agencies
from forms_app.db.learning_tables import PatternLook, PatternThreshold
from forms_app.db.people import seat_holders
from forms_app.db.similar import Counted
from forms_app.db.tables import Person, RegisterEntry
from forms_app.domain.access import May, Relation, may
from forms_app.domain.errors import NotAllowedNow, NotFound
from forms_app.domain.patterns import Pair, Threshold, can_be_opened_from, stage_that_opens
from forms_app.domain.policy import Policy, Side, Stage
from forms_app.domain.register import State
from forms_app.domain.register_filters import CODE
from forms_app.domain.seats import Seat
from forms_app.domain.working_days import spell_date, uk_date
from forms_app.mail.compose import Kind
from forms_app.services.directory import person_who_may
from forms_app.services.in_words import document_title, month, title_of
from forms_app.services.notifying import notify
from forms_app.services.register_choices import reasons_of
from forms_app.services.similar import period_begins, threshold_for
from forms_app.services.work import Work

A_PAGE = 25
MOST_NEW = 100
"""How many patterns are looked through for those that are new."""
MOST_ENTRIES = 50
NOT_THERE = "There is no such pattern."
ONE_MORE = "One more came after you opened this page. Look at the pattern again: what you did was not saved."
OF_THE_POLICY = "The policy says from how many similar escalations on it is a pattern."


@dataclass(frozen=True, slots=True)
class Looked:
    """That somebody looked at it, and nothing was to be done."""

    who: str
    on: str
    reason: str


@dataclass(frozen=True, slots=True)
class PatternLine:
    """One pair of agencies and one reason."""

    pair: Pair
    raising: str
    receiving: str
    reason: str
    count: int
    open: int
    newest: str
    is_reached: bool
    """False where one more would reach the threshold."""
    is_new: bool
    """Whether nobody looked at it since the last one came."""
    looked: Looked | None


@dataclass(frozen=True, slots=True)
class Opens:
    """What a pattern opens by the policy."""

    stage: str
    summary: str
    decides: str
    """Who decides there."""
    sent: tuple[str, ...]
    """Which documents are sent on entering it."""
    section: str
    words: str


@dataclass(frozen=True, slots=True)
class PatternsView:
    threshold: Threshold
    policy: Policy
    opens: Opens | None
    """None where the policy opens nothing by a pattern."""
    lines: tuple[PatternLine, ...]
    page: int
    has_more: bool
    may_keep: bool


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One escalation of a pattern, of which the Board was told."""

    escalation_id: UUID
    reference: str
    where: str
    outcome: str
    opened: str
    is_open: bool
    can_go_there: bool
    """Whether whoever takes it further can take it straight to the stage that the pattern opens."""


@dataclass(frozen=True, slots=True)
class PatternView:
    line: PatternLine
    threshold: Threshold
    opens: Opens | None
    entries: tuple[EntryLine, ...]
    not_shown: int
    """How many of the count are not listed: the Board was not told, this reader has an interest, or there are too many."""
    may_keep: bool
    sees_register: bool


@dataclass(frozen=True, slots=True)
class NewPatterns:
    """Those at which nobody looked since the last escalation came."""

    count: int
    first: tuple[PatternLine, ...]


# --- reading -----------------------------------------------------------------------------------------------------


def patterns_view(work: Work, *, by: UUID, page: int) -> PatternsView:
    """What has reached the threshold, and what one more would bring there; the most frequent first. Raises NotFound."""
    own, policy, threshold = _begin(work, by, May.SEE_PATTERNS)
    at_least, page = max(threshold.count - 1, 2), max(page, 1)
    found = rows.counted(
        work.session,
        own.board_id,
        period_begins(work, threshold),
        at_least=min(at_least, threshold.count),
        most=A_PAGE + 1,
        after=(page - 1) * A_PAGE,
    )
    return PatternsView(
        threshold=threshold,
        policy=policy,
        opens=_opens(policy),
        lines=tuple(_lines(work, own, policy, threshold, found[:A_PAGE])),
        page=page,
        has_more=len(found) > A_PAGE,
        may_keep=may(own, May.KEEP_PATTERNS, Relation.OWN_BOARD),
    )


def pattern_view(work: Work, *, by: UUID, pair: Pair) -> PatternView:
    """Raises NotFound, also for a pair of which there are too few."""
    own, policy, threshold = _begin(work, by, May.SEE_PATTERNS)
    line = _line_of(work, own, policy, threshold, pair)
    since = period_begins(work, threshold)
    entries = rows.entries_of(work.session, own.board_id, pair, since, by, MOST_ENTRIES)
    return PatternView(
        line=line,
        threshold=threshold,
        opens=_opens(policy),
        entries=tuple(_entry(work, each, line.count) for each in entries),
        not_shown=line.count - len(entries),
        may_keep=may(own, May.KEEP_PATTERNS, Relation.OWN_BOARD),
        sees_register=may(own, May.SEE_REGISTER, Relation.OWN_BOARD),
    )


def new_patterns(work: Work, *, by: UUID, most: int = 10) -> NewPatterns | None:
    """What has reached the threshold and waits for somebody to look at it; None for somebody who may not see patterns."""
    try:
        own, policy, threshold = _begin(work, by, May.SEE_PATTERNS)
    except NotFound:
        return None
    since = period_begins(work, threshold)
    found = rows.counted(work.session, own.board_id, since, at_least=threshold.count, most=MOST_NEW)
    new = [line for line in _lines(work, own, policy, threshold, found) if line.is_new]
    return NewPatterns(len(new), tuple(new[:most]))


def _begin(work: Work, by: UUID, what: May) -> tuple[Person, Policy, Threshold]:
    own = person_who_may(work, by, what)
    policy = work.policy_of(own.board)
    return own, policy, threshold_for(work, policy, own.board_id)


def _line_of(work: Work, own: Person, policy: Policy, threshold: Threshold, pair: Pair) -> PatternLine:
    if CODE.fullmatch(pair.category) is None:
        raise NotFound(NOT_THERE)
    found = rows.count_of(work.session, own.board_id, pair, period_begins(work, threshold))
    if found is None or found.count < max(threshold.count - 1, 2):
        raise NotFound(NOT_THERE)
    (line,) = _lines(work, own, policy, threshold, [found])
    return line


def _lines(
    work: Work, own: Person, policy: Policy, threshold: Threshold, found: Sequence[Counted]
) -> Iterator[PatternLine]:
    names = names_of_agencies(work.session, own.board_id)
    looks = rows.last_looks(work.session, own.board_id, [each.pair for each in found])
    reasons = _reasons(work, policy)
    for each in found:
        look = looks.get(each.pair)
        yield PatternLine(
            pair=each.pair,
            raising=names[each.pair.raising_id],
            receiving=names[each.pair.receiving_id],
            reason=reasons.get(each.pair.category, each.pair.category),
            count=each.count,
            open=each.open,
            newest=month(each.newest_at),
            is_reached=each.count >= threshold.count,
            is_new=each.count >= threshold.count and _came_since(look, each),
            looked=None if look is None else _looked(look),
        )


def _came_since(look: PatternLook | None, found: Counted) -> bool:
    return look is None or found.newest_at > look.at or found.count > look.count


def _looked(look: PatternLook) -> Looked:
    return Looked(look.looked_by.name, spell_date(uk_date(look.at)), look.reason)


def _reasons(work: Work, policy: Policy) -> Mapping[str, str]:
    """The policy's reasons by code; of a code that it has no more, as another version has it."""
    versions = [*(each for each in work.shelf if each.id == policy.id and each.key != policy.key), policy]
    return {choice.id: choice.title for version in versions for choice in reasons_of(version)}


def _opens(policy: Policy) -> Opens | None:
    pattern = policy.pattern
    route = next((each for each in policy.routes if stage_that_opens(policy, each.id) is not None), None)
    if pattern is None or route is None:
        return None
    stage = next(each for each in route.stages if each.id == pattern.opens)
    source = pattern.source
    return Opens(
        stage=policy.stage_title(stage),
        summary=stage.summary,
        decides=_decides(policy, stage),
        sent=tuple(_sent(policy, stage)),
        section=getattr(source, "section", ""),
        words=getattr(source, "words", ""),
    )


def _decides(policy: Policy, stage: Stage) -> str:
    actor = next((each for each in stage.actors if each.side is Side.BOARD and each.needed), None)
    return "" if actor is None else next(level.title for level in policy.levels if level.id == actor.level)


def _sent(policy: Policy, stage: Stage) -> Iterator[str]:
    """What the policy has sent when the stage is entered."""
    kinds = [each.document for each in policy.notices if each.on == "stage_entered" and stage.id in each.stages]
    yield from (document_title(policy, kind) for kind in dict.fromkeys(kinds))


def _entry(work: Work, entry: RegisterEntry, count: int) -> EntryLine:
    policy = work.shelf.get(entry.policy_key)
    stage, is_open = policy.stage(entry.route, entry.stage), entry.state == State.OPEN
    return EntryLine(
        escalation_id=entry.escalation_id,
        reference=entry.reference,
        where=policy.stage_title(stage),
        outcome=title_of(policy.outcomes, entry.outcome) if entry.outcome else "",
        opened=month(entry.opened_at),
        is_open=is_open,
        can_go_there=is_open and can_be_opened_from(policy, entry.route, entry.stage, similar=count),
    )


# --- deciding ----------------------------------------------------------------------------------------------------


def look_at(work: Work, *, by: UUID, pair: Pair, seen: int, reason: str) -> None:
    """Notes that nothing is to be done about a pattern until one more comes. Raises NotFound and NotAllowedNow.

    `seen` is how many there were when the person looked.
    """
    own, policy, threshold = _begin(work, by, May.KEEP_PATTERNS)
    line = _line_of(work, own, policy, threshold, pair)
    if line.count > seen:
        raise NotAllowedNow(ONE_MORE)
    look = PatternLook(
        id=uuid4(),
        board_id=own.board_id,
        raising_id=pair.raising_id,
        receiving_id=pair.receiving_id,
        category=pair.category,
        count=line.count,
        reason=reason,
        at=work.now,
        looked_by_id=by,
    )
    work.session.add(look)
    work.note("pattern_looked_at", person=by, board=own.board_id, about=look.id)


def set_threshold(work: Work, *, by: UUID, count: int, months: int) -> None:
    """Sets what the policy leaves open. Raises NotFound, and NotAllowedNow where it leaves nothing open."""
    own, _, threshold = _begin(work, by, May.KEEP_PATTERNS)
    if threshold.count_from_policy and threshold.months_from_policy:
        raise NotAllowedNow(OF_THE_POLICY)
    row = rows.threshold_row(work.session, own.board_id, lock=True)
    if row is None:
        row = PatternThreshold(id=own.board_id, board_id=own.board_id)
        work.session.add(row)
    row.count, row.months = count, months
    row.set_at, row.set_by_id = work.now, by
    work.note("pattern_threshold_set", person=by, board=own.board_id)


def tell_scrutineer(work: Work, *, by: UUID, pair: Pair) -> int:
    """Owes whoever holds the seat a message with a link to the patterns: how many people that is. Raises NotFound."""
    own, policy, threshold = _begin(work, by, May.KEEP_PATTERNS)
    line = _line_of(work, own, policy, threshold, pair)
    told = [each for each in seat_holders(work.session, own.board_id) if each.seat == Seat.SCRUTINEER]
    for person in told:
        key = f"{pair.raising_id}:{pair.receiving_id}:{pair.category}:{line.count}"
        notify(work, Kind.SIMILAR_ESCALATIONS, person, key=key, about=own.board_id)
    if told:
        work.note("pattern_told", person=by, board=own.board_id)
    return len(told)


def tell_raiser(work: Work, *, by: UUID, pair: Pair, escalation_id: UUID) -> int:
    """Owes whoever raised one of them a message that it can go on at once: how many people that is. Raises NotFound."""
    own, policy, threshold = _begin(work, by, May.KEEP_PATTERNS)
    line = _line_of(work, own, policy, threshold, pair)
    since = period_begins(work, threshold)
    entries = rows.entries_of(work.session, own.board_id, pair, since, by, MOST_ENTRIES)
    found = next((each for each in entries if each.escalation_id == escalation_id), None)
    if found is None or not _entry(work, found, line.count).can_go_there:
        raise NotFound("There is no such escalation.")
    told = [each.person for each in rows.raisers_of(work.session, [escalation_id]) if not each.has_left]
    for person in told:
        key = f"{escalation_id}:{line.count}"
        notify(work, Kind.SIMILAR_ESCALATIONS, person, key=key, escalation=escalation_id, about=escalation_id)
    if told:
        work.note("pattern_told", person=by, board=own.board_id, escalation=escalation_id)
    return len(told)
