"""The policies of a Board: each version to read and to compare, and from which day new escalations begin under another one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from forms_app.db import outbox
from forms_app.db.boards import agencies_of_board, hold_board
from forms_app.db.outbox import Claim, OutboxKind
from forms_app.db.people import people_of_board, people_to_tell_the_head
from forms_app.db.policies import adoption_of, adoption_that_begins, adoptions_of
from forms_app.db.policy_tables import PolicyAdoption
from forms_app.db.tables import Person
from forms_app.domain.access import May, signs_off_own
from forms_app.domain.adopting import Version, fault_of_day
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.policy import OFFICE, Cap, Choice, Clock, Decision, Notice, Policy, Route, Source, Stage
from forms_app.domain.working_days import spell_date, spell_time, start_of, uk_date
from forms_app.mail.compose import Kind
from forms_app.policies.warnings import warnings_about
from forms_app.services.administering import levels_of
from forms_app.services.blank_forms import owe_blank_forms
from forms_app.services.comparing import Chapter, compared
from forms_app.services.directory import own_person, person_who_may
from forms_app.services.in_words import document_title, spell_limit
from forms_app.services.ladder import Drawing, drawn, end_of
from forms_app.services.notifying import notify
from forms_app.services.outline import WORDS, Piece, outline, titles_by_id
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

NOT_BY_YOU = "You proposed it, so somebody else of the business unit or the Chair has to confirm it."
DAY_HAS_COME = "The day on which it was to begin has come. Withdraw it, and propose it for a later day."
FILE_CHANGED = (
    "What this version says was changed since it was proposed. Withdraw it, compare it again, and propose it anew."
)


# --- what people see ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was proposed, and what came of it."""

    id: UUID
    policy_key: str
    policy: str
    instead_of: str
    starts: str
    proposed: str
    confirmed: str
    withdrawn: str
    has_begun: bool
    waits: bool
    """For a second person."""
    can_confirm: bool
    can_withdraw: bool
    is_own: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page of all versions shows."""

    versions: tuple[Version, ...]
    adoptions: tuple[Adopted, ...]


@dataclass(frozen=True, slots=True)
class ClockLine:
    stage: str
    who: str
    clock: Clock
    limit: str


@dataclass(frozen=True, slots=True)
class RouteView:
    route: Route
    drawing: Drawing
    stages: tuple[tuple[str, Stage, tuple[Piece, ...]], ...]
    """The title of each, itself, and every rule of it."""
    clocks: tuple[ClockLine, ...]
    caps: tuple[tuple[Cap, str], ...]
    end: str
    rules: tuple[Piece, ...]
    """Those of the route itself."""


@dataclass(frozen=True, slots=True)
class NoticeLine:
    when: str
    document: str
    to: str
    identified: bool
    only: str
    """On which routes, at which stages and under which condition; empty for always."""
    source: Source


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A whole version, to be read."""

    version: Version
    policy: Policy
    routes: tuple[RouteView, ...]
    notices: tuple[NoticeLine, ...]
    levels: tuple[str, ...]
    """Those that have titles of their own in some kind of agency."""
    roles: tuple[tuple[str, tuple[str, ...]], ...]
    """Each kind of agency that has such titles, and they in the order of the levels."""
    rules: tuple[Piece, ...]
    """Every rule but those of the routes."""
    decisions: tuple[tuple[str, str], ...]
    """Where the text says nothing: what it is about, and what the Board decided instead."""
    warnings: tuple[str, ...]
    in_force: str
    """The key of the version under which escalations begin today."""


def shelf_view(work: Work, *, by: UUID) -> Shown:
    """Every version on the shelf. Raises NotFound."""
    person = own_person(work, by)
    found = adoptions_of(work.session, person.board_id)
    return Shown(_versions(work, person, found), tuple(_adopted(work, person, each) for each in found))


def policy_view(work: Work, *, by: UUID, key: str) -> PolicyView:
    """Raises NotFound, also for a version that is not on the shelf."""
    person, policy = own_person(work, by), policy_on_shelf(work, key)
    found = adoptions_of(work.session, person.board_id)
    pieces = {piece.key: piece for piece in outline(policy)}
    routes = pieces.pop("routes").pieces
    return PolicyView(
        version=next(each for each in _versions(work, person, found) if each.key == key),
        policy=policy,
        routes=tuple(_route_view(policy, route, piece) for route, piece in zip(policy.routes, routes, strict=True)),
        notices=tuple(_notice_line(policy, notice) for notice in policy.notices),
        levels=tuple(level.title for level in _titled(policy)),
        roles=tuple(_roles(policy)),
        rules=tuple(pieces.values()),
        decisions=tuple(_decisions((), (*pieces.values(), *routes))),
        warnings=tuple(remark.sentence for remark in warnings_about(policy)),
        in_force=person.board.policy_at(work.now),
    )


def comparison(work: Work, *, by: UUID, before: str, after: str) -> tuple[Policy, Policy, tuple[Chapter, ...]]:
    """Raises NotFound."""
    own_person(work, by)
    old, new = policy_on_shelf(work, before), policy_on_shelf(work, after)
    return old, new, compared(old, new)


def adoption_view(work: Work, *, by: UUID, adoption_id: UUID) -> Adopted:
    """Raises NotFound."""
    person = person_who_may(work, by, May.ADOPT_POLICY)
    return _adopted(work, person, _adoption(work, person, adoption_id))


def misfits(work: Work, *, by: UUID, key: str) -> tuple[str, ...]:
    """What of the Board would not be known to a version: a sentence each. Raises NotFound."""
    person, policy = person_who_may(work, by, May.PROPOSE_POLICY), policy_on_shelf(work, key)
    return tuple(_misfits(work, person.board_id, policy))


# --- what people do -----------------------------------------------------------------------------------------------


def propose(work: Work, *, by: UUID, key: str, starts_on: date) -> UUID:
    """Proposes that new escalations begin under a version from a UK day on. What else waited is withdrawn.

    Raises NotFound, and NotAllowedNow where it is in force already, another one is confirmed, or the day does not do.
    """
    person, policy = person_who_may(work, by, May.PROPOSE_POLICY), policy_on_shelf(work, key)
    board = hold_board(work.session, person.board_id)
    in_force = board.policy_at(work.now)
    if key == in_force:
        raise NotAllowedNow("This version is in force already.")
    if (fault := fault_of_day(starts_on, uk_date(work.now))) is not None:
        raise NotAllowedNow(f"{fault}.")
    for each in adoptions_of(work.session, board.id):
        if _is_coming(work, each):
            raise NotAllowedNow(
                f"{_named(work, each.policy_key)} is to begin on {spell_date(each.starts_on)}. Withdraw that first."
            )
        if _waits(each):
            _withdraw(work, person, each)
    adoption = PolicyAdoption(
        id=uuid4(),
        board_id=board.id,
        policy_key=policy.key,
        instead_of=in_force,
        digest=work.shelf.digest(policy.key),
        starts_on=starts_on,
        proposed_by_id=person.id,
        proposed_at=work.now,
    )
    work.session.add(adoption)
    _note(work, "policy_proposed", person, adoption)
    return adoption.id


def confirm(work: Work, *, by: UUID, adoption_id: UUID) -> None:
    """From its day on new escalations begin under it. The agencies' leads are told.

    Raises NotFound, ChangedMeanwhile, and NotAllowedNow for whoever proposed it and where its day has come.
    """
    person, adoption = _open_adoption(work, by, adoption_id)
    if adoption.confirmed_at is not None:
        raise ChangedMeanwhile("Somebody else has confirmed it.")
    if signs_off_own(May.ADOPT_POLICY, person.id, [adoption.proposed_by_id]):
        raise NotAllowedNow(NOT_BY_YOU)
    if uk_date(work.now) >= adoption.starts_on:
        raise NotAllowedNow(DAY_HAS_COME)
    if adoption.policy_key not in work.shelf or work.shelf.digest(adoption.policy_key) != adoption.digest:
        raise NotAllowedNow(FILE_CHANGED)
    starts = start_of(adoption.starts_on)
    board = hold_board(work.session, person.board_id)
    board.policy_key = board.policy_at(work.now)
    board.next_policy_key, board.next_policy_from = adoption.policy_key, starts
    adoption.confirmed_by_id, adoption.confirmed_at = person.id, work.now
    _note(work, "policy_adopted", person, adoption)
    begins = OutboxKind.BEGIN_POLICY
    outbox.owe(work.session, begins, adoption.id, f"{begins}:{adoption.id}", starts)
    _tell(work, Kind.POLICY_CHANGES, adoption)


def withdraw(work: Work, *, by: UUID, adoption_id: UUID) -> None:
    """Before its day. Who was told that it begins is told that it does not. Raises NotFound, ChangedMeanwhile, NotAllowedNow."""
    person, adoption = _open_adoption(work, by, adoption_id)
    if adoption.confirmed_at is not None:
        if work.now >= start_of(adoption.starts_on):
            raise NotAllowedNow("It has begun. Propose the earlier version instead.")
        board = hold_board(work.session, person.board_id)
        board.next_policy_key = board.next_policy_from = None
        _tell(work, Kind.POLICY_STAYS, adoption)
    _withdraw(work, person, adoption)


# --- what the worker does -----------------------------------------------------------------------------------------


def begin_policy(workshop: Workshop, claim: Claim) -> None:
    """Its day has come: what follows from it. Whether this runs or not, new escalations begin under it."""
    with workshop.writing() as work:
        adoption, board = adoption_that_begins(work.session, claim.about_id)
        if adoption.withdrawn_at is None:
            owe_blank_forms(work, board)
            work.note("policy_began", board=board.id, about=adoption.id)
        outbox.finish(work.session, claim.item_id, claim.worker, work.now)


# --- parts --------------------------------------------------------------------------------------------------------


def policy_on_shelf(work: Work, key: str) -> Policy:
    """Raises NotFound."""
    if key not in work.shelf:
        raise NotFound("There is no such policy.")
    return work.shelf.get(key)


def _adoption(work: Work, person: Person, adoption_id: UUID) -> PolicyAdoption:
    found = adoption_of(work.session, person.board_id, adoption_id)
    if found is None:
        raise NotFound("There is no such page.")
    return found


def _open_adoption(work: Work, by: UUID, adoption_id: UUID) -> tuple[Person, PolicyAdoption]:
    person = person_who_may(work, by, May.ADOPT_POLICY)
    hold_board(work.session, person.board_id)
    adoption = _adoption(work, person, adoption_id)
    if adoption.withdrawn_at is not None:
        raise ChangedMeanwhile("Somebody has withdrawn it.")
    return person, adoption


def _waits(adoption: PolicyAdoption) -> bool:
    return adoption.confirmed_at is None and adoption.withdrawn_at is None


def _is_coming(work: Work, adoption: PolicyAdoption) -> bool:
    is_confirmed = adoption.confirmed_at is not None and adoption.withdrawn_at is None
    return is_confirmed and work.now < start_of(adoption.starts_on)


def _has_begun(work: Work, adoption: PolicyAdoption) -> bool:
    is_confirmed = adoption.confirmed_at is not None and adoption.withdrawn_at is None
    return is_confirmed and work.now >= start_of(adoption.starts_on)


def _withdraw(work: Work, person: Person, adoption: PolicyAdoption) -> None:
    adoption.withdrawn_by_id, adoption.withdrawn_at = person.id, work.now
    _note(work, "policy_withdrawn", person, adoption)


def _note(work: Work, action: str, person: Person, adoption: PolicyAdoption) -> None:
    work.note(action, person=person.id, board=person.board_id, about=adoption.id, code=adoption.policy_key)


def _tell(work: Work, kind: Kind, adoption: PolicyAdoption) -> None:
    for person in people_to_tell_the_head(work.session, adoption.board_id):
        notify(work, kind, person, key=f"{adoption.id}", about=adoption.id)


def _named(work: Work, key: str) -> str:
    return f"{work.shelf.get(key).title} ({work.shelf.get(key).dated})" if key in work.shelf else key


def _versions(work: Work, person: Person, found: Sequence[PolicyAdoption]) -> tuple[Version, ...]:
    """Those of the policy in force first, then the others; of each the newest first."""
    in_force = person.board.policy_at(work.now)
    coming = {each.policy_key: each.starts_on for each in found if _is_coming(work, each)}
    before = {each.instead_of for each in found if _has_begun(work, each)}
    versions = [
        Version(
            key=policy.key,
            title=policy.title,
            short_title=policy.short_title,
            dated=policy.dated,
            is_in_force=policy.key == in_force,
            starts=coming.get(policy.key),
            was_in_force=policy.key in before,
        )
        for policy in work.shelf
    ]
    own = in_force.partition("@")[0]
    newest = sorted(versions, key=lambda each: each.key.partition("@")[2], reverse=True)
    return tuple(sorted(newest, key=lambda each: (each.key.partition("@")[0] != own, each.short_title)))


def _adopted(work: Work, person: Person, adoption: PolicyAdoption) -> Adopted:
    is_own = signs_off_own(May.ADOPT_POLICY, person.id, [adoption.proposed_by_id])
    waits, has_begun = _waits(adoption), _has_begun(work, adoption)
    return Adopted(
        id=adoption.id,
        policy_key=adoption.policy_key,
        policy=_named(work, adoption.policy_key),
        instead_of=adoption.instead_of,
        starts=spell_date(adoption.starts_on),
        proposed=f"{spell_time(adoption.proposed_at)} by {adoption.proposed_by.name}",
        confirmed=_who(adoption.confirmed_by, adoption.confirmed_at),
        withdrawn=_who(adoption.withdrawn_by, adoption.withdrawn_at),
        has_begun=has_begun,
        waits=waits,
        can_confirm=waits and not is_own,
        can_withdraw=adoption.withdrawn_at is None and not has_begun,
        is_own=is_own,
    )


def _who(person: Person | None, at: object) -> str:
    return f"{spell_time(at)} by {person.name}" if person is not None and at is not None else ""  # type: ignore[arg-type]


def _misfits(work: Work, board_id: UUID, policy: Policy) -> Iterator[str]:
    levels, kinds = levels_of(policy), {kind.id for kind in policy.agency_kinds} | {OFFICE}
    people = [person for person in people_of_board(work.session, board_id) if person.level not in levels]
    agencies = [agency.name for agency in agencies_of_board(work.session, board_id) if agency.kind not in kinds]
    if people:
        count = "1 person is" if len(people) == 1 else f"{len(people)} people are"
        yield f"{count} at a level that this version does not have. Give them another one on the page “People” on the day."
    if agencies:
        yield f"This version has no such kind of agency as: {', '.join(agencies)}. Change it on the page “Agencies” on the day."


def _route_view(policy: Policy, route: Route, piece: Piece) -> RouteView:
    rules = {each.key: each for each in piece.pieces}
    stages = rules.pop("stages").pieces
    return RouteView(
        route=route,
        drawing=drawn(policy, route),
        stages=tuple(
            (policy.stage_title(stage), stage, each.pieces) for stage, each in zip(route.stages, stages, strict=True)
        ),
        clocks=tuple(
            ClockLine(policy.stage_title(stage), _who_keeps(policy, clock), clock, spell_limit(clock.limit))
            for stage in route.stages
            for clock in stage.clocks
        ),
        caps=tuple((cap, spell_limit(cap.limit)) for cap in route.caps),
        end=end_of(policy, route),
        rules=tuple(rules.values()),
    )


def _who_keeps(policy: Policy, clock: Clock) -> str:
    side = "All sides" if clock.side == "all" else f"{clock.side.capitalize()} side"
    return side if clock.level is None else f"{side}: {policy.level_title(clock.level)}"


def _notice_line(policy: Policy, notice: Notice) -> NoticeLine:
    routes = {route.id: route.title for route in policy.routes}
    stages = {stage.id: policy.stage_title(stage) for route in policy.routes for stage in route.stages}
    only = [*(routes[each] for each in notice.routes), *(stages[each] for each in notice.stages)]
    only += [WORDS["only_if"][notice.only_if]] if notice.only_if else []
    return NoticeLine(
        when=WORDS["on"][notice.on],
        document=document_title(policy, notice.document),
        to=", ".join(WORDS["to"][each] for each in notice.to),
        identified=notice.identified,
        only="; ".join(only),
        source=notice.source,
    )


def _titled(policy: Policy) -> list[Choice]:
    return [level for level in policy.levels if any(level.id in row.titles for row in policy.equivalents)]


def _roles(policy: Policy) -> Iterator[tuple[str, tuple[str, ...]]]:
    kinds = titles_by_id(policy.agency_kinds)
    for row in policy.equivalents:
        yield kinds[row.agency_kind], tuple(row.titles.get(level.id, "") for level in _titled(policy))


def _decisions(place: tuple[str, ...], pieces: Sequence[Piece]) -> Iterator[tuple[str, str]]:
    for piece in pieces:
        here = (*place, piece.name if piece.pieces else f"{piece.label}: {piece.said}")
        if isinstance(piece.source, Decision):
            yield " › ".join(here), piece.source.decided
        yield from _decisions(here, piece.pieces)
