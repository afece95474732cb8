"""What needs the Board's office today: each kind with how many there are and the oldest, and only what this person can see to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from forms_app.db import today as rows
from forms_app.db.register_pages import MOST_COUNTED, Between, between
from forms_app.db.tables import Person, RegisterEntry
from forms_app.db.today import Needs
from forms_app.domain.access import May, Relation, may
from forms_app.domain.errors import NotFound
from forms_app.domain.policy import Policy, Stage
from forms_app.services.deliveries import needs_a_person_at
from forms_app.services.directory import person_who_may
from forms_app.services.download_budget import many_downloads
from forms_app.services.held import count_waiting_at_board, waiting_at_board
from forms_app.services.learning import to_route
from forms_app.services.patterns import new_patterns
from forms_app.services.policies import shelf_view
from forms_app.services.register_pages import spell_due, waits_for, working_days_silent
from forms_app.services.report_views import waiting_reports
from forms_app.services.tokens import tokens_view
from forms_app.services.webhooks import webhooks_view
from forms_app.services.work import Work

FIRST = 10
"""So many lines of each kind stand on the page of the day."""


class Kind(StrEnum):
    RELEASES = "releases"
    REPORTS = "reports"
    DELIVERIES = "deliveries"
    LATE = Needs.LATE.value
    CHAIR = Needs.CHAIR.value
    MEETING = Needs.MEETING.value
    LEARNING = "learning"
    PATTERNS = "patterns"
    PLACES = "places"
    DOMAINS = "domains"
    SYSTEMS = "systems"
    VERSIONS = "versions"
    SILENCE = Needs.SILENCE.value
    DOWNLOADS = "downloads"


@dataclass(frozen=True, slots=True)
class TodayLine:
    reference: str
    """Empty for what is about no escalation."""
    what: str
    when: str = ""
    escalation_id: UUID | None = None
    document_id: UUID | None = None
    """Of a document that waits for somebody."""


@dataclass(frozen=True, slots=True)
class Group:
    """What waits of one kind: the oldest first."""

    kind: Kind
    count: int
    lines: tuple[TodayLine, ...]
    is_more: bool = False
    """Whether nobody counted beyond these."""

    @property
    def how_many(self) -> str:
        if self.count > MOST_COUNTED:
            return f"more than {MOST_COUNTED:,}"
        return f"{self.count:,} or more" if self.is_more else f"{self.count:,}"

    @property
    def has_more(self) -> bool:
        return self.count > len(self.lines) or self.is_more


def today(work: Work, *, by: UUID) -> tuple[Group, ...]:
    """What waits for somebody of the office, the most urgent kind first; nothing of which there is none. Raises NotFound."""
    person = person_who_may(work, by, May.SEE_REGISTER)
    groups = [
        *_of_the_office(work, by, FIRST),
        *(_of_the_unit(work, person, FIRST) if _is_unit(person) else ()),
    ]
    in_order = sorted(groups, key=lambda group: list(Kind).index(group.kind))
    return tuple(group for group in in_order if group.count)


def all_of(work: Work, *, by: UUID, kind: Kind) -> Group:
    """Everything of one kind, as far as anybody counts. Raises NotFound."""
    person = person_who_may(work, by, May.SEE_REGISTER)
    for group in _of_the_office(work, by, MOST_COUNTED):
        if group.kind is kind:
            return group
    if not _is_unit(person):
        raise NotFound("There is no such page.")
    return next(group for group in _of_the_unit(work, person, MOST_COUNTED) if group.kind is kind)


def _is_unit(person: Person) -> bool:
    return may(person, May.SEE_FAILING_DELIVERIES, Relation.OWN_BOARD)


# --- kind by kind ------------------------------------------------------------------------------------------------


def _of_the_office(work: Work, by: UUID, most: int) -> Iterator[Group]:
    """What the Chair sees to as well."""
    yield _releases(work, by, most)
    yield _downloads(work, by, most)
    yield _reports(work, by, most)
    yield _versions(work, by, most)


def _of_the_unit(work: Work, person: Person, most: int) -> Iterator[Group]:
    yield from _not_reached(work, person.id, most)
    yield from _in_need(work, person, most)
    yield _learning(work, person.id, most)
    yield _patterns(work, person.id, most)
    yield _places(work, person, most)
    yield _systems(work, person.id, most)


def _releases(work: Work, by: UUID, most: int) -> Group:
    lines = (
        TodayLine(each.reference, f"{each.title}: {each.state}", each.since, each.escalation_id, each.document_id)
        for each in waiting_at_board(work, by=by, most=most)
    )
    return Group(Kind.RELEASES, count_waiting_at_board(work, by=by, most=MOST_COUNTED), tuple(lines))


def _downloads(work: Work, by: UUID, most: int) -> Group:
    """Who of the office took nearly all the documents of a day, or more: the newest first, for a week."""
    found = many_downloads(work, by=by)
    lines = (
        TodayLine(
            "",
            f"{each.name}, {each.job_title}: {each.taken} of {each.most}{', and was refused more' if each.is_refused else ''}. "
            "Ask whether it was they",
            each.day,
        )
        for each in found[:most]
    )
    return Group(Kind.DOWNLOADS, len(found), tuple(lines))


def _reports(work: Work, by: UUID, most: int) -> Group:
    lines = [TodayLine("", f"{each.title} ({each.reference})", each.when) for each in waiting_reports(work, by=by)]
    return Group(Kind.REPORTS, len(lines), tuple(lines[:most]))


def _versions(work: Work, by: UUID, most: int) -> Group:
    """Of the policy: what somebody else proposed."""
    found = [each for each in shelf_view(work, by=by).adoptions if each.can_confirm]
    lines = [TodayLine("", f"{each.policy}, proposed on {each.proposed}", f"From {each.starts}") for each in found]
    return Group(Kind.VERSIONS, len(lines), tuple(lines[:most]))


def _systems(work: Work, by: UUID, most: int) -> Group:
    """Tokens and webhooks that somebody else asked for."""
    tokens = (each for each in tokens_view(work, by=by) if each.may_confirm)
    webhooks = (each for each in webhooks_view(work, by=by) if each.may_confirm)
    lines = [
        *(TodayLine("", f"Token “{each.name}”, asked for by {each.made_by}", each.made) for each in tokens),
        *(TodayLine("", f"Webhook to {each.url}, asked for by {each.made_by}", each.made) for each in webhooks),
    ]
    return Group(Kind.SYSTEMS, len(lines), tuple(lines[:most]))


def _not_reached(work: Work, by: UUID, most: int) -> Iterator[Group]:
    found = needs_a_person_at(work, by=by)
    lines = [
        *(TodayLine(each.reference, f"{each.to}, {each.agency}: {each.state}") for each in reversed(found.deliveries)),
        *(TodayLine("", f"{each.who}, {each.agency}: no email reaches them", each.since) for each in found.not_reached),
    ]
    yield Group(Kind.DELIVERIES, len(lines), tuple(lines[:most]))
    yield Group(Kind.DOMAINS, found.domains, ())


def _in_need(work: Work, person: Person, most: int) -> Iterator[Group]:
    counts = rows.count_in_need(work.session, person.board_id, person.id, work.now)
    found = {need: rows.first_in_need(work.session, person.board_id, person.id, need, work.now, most) for need in Needs}
    names = between(work.session, [row for rows_of_need in found.values() for row in rows_of_need])
    for need, entries in found.items():
        lines = tuple(_line_in_need(work, need, entry, names) for entry in entries)
        yield Group(Kind(need.value), counts[need], lines)


def _line_in_need(work: Work, need: Needs, row: RegisterEntry, names: Between) -> TodayLine:
    return TodayLine(row.reference, *_said(work, need, row, names), escalation_id=row.escalation_id)


def _said(work: Work, need: Needs, row: RegisterEntry, names: Between) -> tuple[str, str]:
    """What it needs, and when."""
    policy = work.shelf.get(row.policy_key)
    stage = policy.stage(row.route, row.stage)
    where, due = policy.stage_title(stage), "" if row.due_at is None else spell_due(row.due_at)
    match need:
        case Needs.LATE:
            return f"{where}. Late: {waits_for(row, stage, names)}", f"Since {due}"
        case Needs.CHAIR:
            return f"{where}. Nobody is named as {policy.level_title(row.lacks or '')}", _by(due)
        case Needs.MEETING:
            return f"{where}. {_meeting(policy, stage, row.convenes)}", _by(due)
        case Needs.SILENCE:
            days = working_days_silent(work, policy, row.recorded_at)
            return where, f"Nothing recorded for {days} working day{'' if days == 1 else 's'}"


def _by(due: str) -> str:
    return f"By {due}" if due else "No date set"


def _meeting(policy: Policy, stage: Stage, meeting: str | None) -> str:
    return next((each.title for each in policy.meetings_at(stage) if each.id == meeting), "")


def _learning(work: Work, by: UUID, most: int) -> Group:
    found = to_route(work, by=by, most=most)
    if found is None:
        return Group(Kind.LEARNING, 0, ())
    lines = (
        TodayLine(
            each.reference, ", ".join([title for _, title in each.learning] + ["A gap in the policy"] * each.policy_gap)
        )
        for each in found.first
    )
    return Group(Kind.LEARNING, found.count, tuple(lines), found.is_more)


def _patterns(work: Work, by: UUID, most: int) -> Group:
    found = new_patterns(work, by=by, most=most)
    if found is None:
        return Group(Kind.PATTERNS, 0, ())
    lines = (
        TodayLine("", f"{each.raising} with {each.receiving}: {each.reason}, {each.count} times", each.newest)
        for each in found.first
    )
    return Group(Kind.PATTERNS, found.count, tuple(lines))


def _places(work: Work, person: Person, most: int) -> Group:
    found = rows.empty_places(work.session, person.board_id, person.id, MOST_COUNTED + 1)
    lines = (
        TodayLine(each.reference, f"{work.shelf.get(each.policy_key).level_title(each.level)}, {each.agency}")
        for each in found
    )
    return Group(Kind.PLACES, len(found), tuple(lines)[:most])
