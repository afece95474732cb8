"""forms-app policies rehearse: walks an invented escalation through a policy, before a Board adopts it."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from forms_app.commands.invented import invented_board
from forms_app.db.database import Database
from forms_app.db.keys import WrappingKeys, new_wrapping_key
from forms_app.db.migrate import migrate
from forms_app.documents.printable import unprintable
from forms_app.domain.errors import DomainError
from forms_app.domain.policy import Policy, Route
from forms_app.domain.working_days import LONDON, spell_date
from forms_app.mail.answers import Answer, Result
from forms_app.mail.compose import Letterhead, Message
from forms_app.mail.travelling import as_bytes
from forms_app.policies.bank_holidays import FIRST, LAST, calendar_of
from forms_app.policies.reader import read_policy
from forms_app.policies.shelf import Shelf
from forms_app.services.boards import set_up_board
from forms_app.services.outbox import Desk, run_due
from forms_app.services.rehearsed import (
    Rehearsal,
    RehearsedEvent,
    RehearsedGate,
    RehearsedMeeting,
    RehearsedStage,
    RehearsedWay,
)
from forms_app.services.rehearsing import WorkshopAt, every_file, rehearse, release_what_waits
from forms_app.services.workshop import Workshop

LETTERHEAD = Letterhead("escalations@escalations.example", "https://escalations.example")


class CannotRehearse(DomainError):
    """The rehearsal was asked for something that is not there."""


def add_to(policies: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    walk = policies.add_parser("rehearse", help="walk an invented escalation through a policy and print what happens")
    walk.add_argument("file", type=Path)
    walk.add_argument("--route", help="the route to walk; the main one if it is not named")
    walk.add_argument("--opened", help="when it is opened, UK time: 2026-12-23T16:30 (now, if it is not given)")
    walk.add_argument(
        "--end",
        choices=("resolved", "left"),
        default="resolved",
        help="after the last stage: resolved there, or gone on to the procedure outside the policy",
    )
    walk.add_argument("--pass-over", action="store_true", help="pass over stages wherever the policy lets it")
    walk.add_argument("--out", type=Path, help="a new folder into which the documents and messages are really made")
    walk.add_argument(
        "--json", action="store_true", help="print one JSON object; “policies schema --of rehearsal” describes it"
    )
    walk.set_defaults(run=run_rehearse)


def run_rehearse(chosen: argparse.Namespace) -> None:
    policy = read_policy(chosen.file, unprintable)
    route = _route(policy, chosen.route)
    opened = _opened(chosen.opened)
    if chosen.end == "left" and (last := _last(policy, route)).after.kind == "ends_here":
        raise CannotRehearse(f"It never leaves the policy on this route: “{last.after.title}”.")
    if chosen.out is not None:
        _make_folder(chosen.out)
    with _throw_away(policy) as (at, raiser):
        rehearsal = rehearse(
            at,
            policy=policy,
            route=route,
            raiser=raiser,
            opened=opened,
            end=chosen.end,
            pass_over=chosen.pass_over,
        )
        if chosen.out is not None:
            _make_everything(at(opened + timedelta(days=400)), raiser, chosen.out)
    if chosen.json:
        print(json.dumps(asdict(rehearsal), indent=2, ensure_ascii=False))
    else:
        print("\n".join(_told(rehearsal)))
        if chosen.out is not None:
            print(f"\nThe documents and messages are in {chosen.out}.")


def rehearsal_of(policy: Policy, route_id: str, opened: datetime) -> Rehearsal:
    """An invented escalation through a route, in a database of its own that is gone afterwards."""
    with _throw_away(policy) as (at, raiser):
        return rehearse(at, policy=policy, route=policy.route(route_id), raiser=raiser, opened=opened)


@contextmanager
def _throw_away(policy: Policy) -> Iterator[tuple[WorkshopAt, UUID]]:
    """A database that exists for the rehearsal only, with one invented Board that has adopted the policy."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/rehearsal.db"
        wrapping = WrappingKeys(new_wrapping_key(datetime.now(UTC)))
        migrate(url, wrapping)
        database, shelf = Database(url, wrapping), Shelf([policy])

        def at(moment: datetime) -> Workshop:
            return Workshop(database, shelf, calendar_of, lambda: moment.astimezone(UTC))

        board = invented_board(policy)
        with at(datetime.now(UTC)).writing() as work:
            people = set_up_board(work, board.given)
        try:
            yield at, people[board.raiser.email]
        finally:
            database.close()


class _Folder:
    """Takes messages as a mail server would, and puts each into a file."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0

    def post(self, message: Message) -> Answer:
        self.count += 1
        (self.folder / f"message-{self.count:03}.eml").write_bytes(as_bytes(message))
        return Answer(Result.ACCEPTED, "Written into the folder.", 250)


def _make_everything(workshop: Workshop, raiser: UUID, folder: Path) -> None:
    from forms_app.documents.issue import issue  # importing WeasyPrint takes a second, and only this needs it

    desk = Desk(_Folder(folder), LETTERHEAD, issue)
    with workshop.writing() as work:
        release_what_waits(work, at_board_of=raiser)
    while run_due(workshop, "rehearsal", desk):
        pass
    with workshop.reading() as work:
        for number, (name, content) in enumerate(every_file(work), start=1):
            (folder / f"document-{number:03}-{name}").write_bytes(content)


def _route(policy: Policy, route_id: str | None) -> Route:
    if route_id is None:
        return policy.main
    for route in policy.routes:
        if route.id == route_id:
            return route
    raise CannotRehearse(
        f"There is no route “{route_id}”. Known are: {', '.join(route.id for route in policy.routes)}."
    )


def _last(policy: Policy, route: Route) -> Route:
    """The route at whose end an escalation that begins on this one comes out."""
    while route.after.route is not None:
        route = policy.route(route.after.route)
    return route


def _opened(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CannotRehearse(f"“{text}” is not a date and time. Write it like 2026-12-23T16:30.") from None
    if not FIRST <= moment.date() <= LAST:
        raise CannotRehearse(f"Bank holidays are known from {spell_date(FIRST)} to {spell_date(LAST)}. Open it then.")
    return moment if moment.tzinfo else _in_london(moment)


def _in_london(moment: datetime) -> datetime:
    local = moment.replace(tzinfo=LONDON)
    if local.astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) != moment:
        raise CannotRehearse(f"There is no {moment:%H:%M} on {spell_date(moment)}: the clocks go forward then.")
    return local


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise CannotRehearse(f"{folder} cannot be made: {fault.strerror}.") from None
    if any(folder.iterdir()):
        raise CannotRehearse(f"{folder} is not empty. Name a new folder, so that nothing is written over.")


# --- in words ----------------------------------------------------------------------------------------------------


def _told(rehearsal: Rehearsal) -> Iterator[str]:
    yield f"{rehearsal.title} ({rehearsal.policy}), route {rehearsal.route}"
    yield f"Opened on {rehearsal.opened}. Everything here is invented."
    if rehearsal.quiet is not None:
        yield f"If nothing is recorded for {rehearsal.quiet}, people are told."
    for helper in rehearsal.helpers:
        yield f"At every stage help can be asked of: {helper.title}."
    if rehearsal.restricted_notes:
        yield f"Restricted notes are read by: {', '.join(rehearsal.restricted_notes)}, in the writer’s own agency."
    for stage in rehearsal.stages:
        yield from _told_stage(stage)
    yield f"\nEnd: {rehearsal.end}"
    yield from _list("What is owed then", [f"{duty.due}: {duty.who}: {duty.text}" for duty in rehearsal.duties])
    yield from _events("What happens afterwards", rehearsal.afterwards)


def _told_stage(stage: RehearsedStage) -> Iterator[str]:
    yield f"\n{stage.title}\n{'=' * len(stage.title)}"
    yield f"Entered on {stage.entered}. Closed by: {stage.closes}."
    if not stage.counts:
        yield "It does not count as an escalation yet."
    if stage.decision_stands:
        yield "The decision that is questioned stands meanwhile."
    if stage.dissent_recorded:
        yield "Whoever does not share the decision can record it."
    yield from _list("Who acts", stage.people)
    yield from _list("Who says whether they support it", stage.supported_by)
    yield "Time limits"
    for clock in stage.clocks:
        yield f"  - {clock.due}: {clock.who}: {clock.what} ({clock.limit})"
        if clock.opens_next_stage:
            yield "      when it runs out unanswered, the next stage opens by itself"
        yield f"      section {clock.section}: “{clock.words}”"
    yield from _list("What must be confirmed", [_gate(gate) for gate in stage.gates])
    yield from _list("What is asked", stage.asked)
    yield from _list("Meetings", [_meeting(meeting) for meeting in stage.meetings])
    yield from _list("What can go on alongside", stage.alongside)
    yield from _list("What is checked at the end", stage.checks)
    yield from _list("Where it can go from here", [_way(way) for way in stage.ways_on])
    yield from _events("What happens", stage.events)


def _gate(gate: RehearsedGate) -> str:
    each = ", of each agency by name and date" if gate.for_each_agency else ""
    return f"{gate.when}{each}: {gate.statement}"


def _meeting(meeting: RehearsedMeeting) -> str:
    must = [*([f"at least {meeting.at_least} attend"] if meeting.at_least else []), *meeting.must_be_so]
    parts = [f"{meeting.title} ({meeting.form}), called by {' or '.join(meeting.called_by)}"]
    parts += [f"must be so: {'; '.join(must)}"] if must else []
    parts += [f"recorded: {', '.join(meeting.recorded)}"] if meeting.recorded else []
    return ". ".join(parts)


def _way(way: RehearsedWay) -> str:
    over = f", passing over {', '.join(way.passes_over)}" if way.passes_over else ""
    because = f", because: {' / '.join(way.reasons)}" if way.reasons else ""
    return f"{way.to}{over}, by {way.by}{because}"


def _events(title: str, events: Sequence[RehearsedEvent]) -> Iterator[str]:
    if events:
        yield title
    for event in events:
        yield f"  - {event.at}: {event.what}, by {event.by}"
        for document in event.documents:
            yield f"      {document.title}, to:"
            yield from (f"        {person}" for person in document.to)


def _list(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield title
        yield from (f"  - {line}" for line in lines)
