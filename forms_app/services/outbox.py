"""Does what is owed outside the request: claims one item, works on it with no transaction open, finishes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import structlog

from forms_app.db import outbox
from forms_app.db.outbox import Claim, OutboxKind
from forms_app.domain.deliveries import Why
from forms_app.mail.compose import Letterhead, UnfitMessage
from forms_app.mail.mailbox import Mailbox
from forms_app.services import (
    blank_forms,
    bounced,
    destroying,
    dormancy,
    heads,
    issuing,
    keeping,
    layouts,
    notices,
    policies,
    posting,
    recounting,
    rehearsals,
    reminding,
    report_issuing,
    sets,
    settling,
    watching,
    webhooks,
)
from forms_app.services.attachments import Lock
from forms_app.services.calling import Caller
from forms_app.services.deadlines import Deadlines
from forms_app.services.digests import Budget
from forms_app.services.posting import Follow, Taken
from forms_app.services.troubles import Troubles
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

LEASE = timedelta(minutes=3)
MOST_AT_ONCE = 10
MOST_INTERRUPTIONS = 20
"""How often a worker may die over one item before the item itself is suspected."""
BY_THE_CLOCK = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
"""What the service does of itself when a time has come waits so long after a fault."""
WAITS: Mapping[str, Sequence[timedelta]] = {
    OutboxKind.MAKE_DOCUMENT: issuing.WAITS,
    OutboxKind.MAKE_BLANK_FORMS: issuing.WAITS,
    OutboxKind.MAKE_REPORT: issuing.WAITS,
    OutboxKind.POST_DELIVERY: posting.WAITS,
    OutboxKind.POST_NOTIFICATION: posting.WAITS,
    OutboxKind.TELL_WEBHOOK: webhooks.WAITS,
    OutboxKind.REMIND: BY_THE_CLOCK,
    OutboxKind.LOOK_AFTER_PEOPLE: BY_THE_CLOCK,
    OutboxKind.LOOK_AFTER_RECORDS: BY_THE_CLOCK,
    OutboxKind.DESTROY: destroying.WAITS,
    OutboxKind.MAKE_SET: sets.WAITS,
    OutboxKind.DELETE_SET: BY_THE_CLOCK,
    OutboxKind.PUBLISH_HEAD: BY_THE_CLOCK,
    OutboxKind.MAIL_HEAD: BY_THE_CLOCK,
    OutboxKind.COUNT: BY_THE_CLOCK,
    OutboxKind.READ_BOUNCES: bounced.WAITS,
    OutboxKind.WATCH: BY_THE_CLOCK,
    OutboxKind.REHEARSE: rehearsals.WAITS,
    OutboxKind.BEGIN_POLICY: BY_THE_CLOCK,
    OutboxKind.DRAW_LAYOUT: layouts.WAITS,
    OutboxKind.SIGN_IN_MESSAGE: posting.SIGN_IN_WAITS,
}
BY_ITSELF: Mapping[str, Callable[[Workshop, Claim], None]] = {
    OutboxKind.WATCH: watching.look_after,
    OutboxKind.BEGIN_POLICY: policies.begin_policy,
    OutboxKind.LOOK_AFTER_PEOPLE: dormancy.look_after_people,
    OutboxKind.LOOK_AFTER_RECORDS: keeping.look_after_records,
    OutboxKind.DESTROY: destroying.destroy_listed,
    OutboxKind.MAKE_SET: sets.make_set,
    OutboxKind.DELETE_SET: sets.delete_set,
    OutboxKind.MAIL_HEAD: heads.mail_head,
    OutboxKind.COUNT: recounting.count_what_is_left,
}
"""What needs nothing of the worker's desk."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a worker works with."""

    postbox: posting.Posts
    letterhead: Letterhead
    issue: issuing.Issue
    lock: Lock | None = None
    """Where PDFs travel locked."""
    draw: layouts.Draw | None = None
    """Where there is something to draw pictures of layouts with."""
    mailbox: Mailbox | None = None
    """Where messages that come back are read."""
    reminders_hour: int = reminding.HOUR
    """The hour of the UK day at which people are reminded."""
    heads: Path | None = None
    """The file in which the heads of the trail are published, where there is one."""
    rehearse: rehearsals.Rehearse | None = None
    """What walks an invented escalation through a policy."""
    caller: Caller = field(default_factory=Caller)
    """How the addresses of webhooks are reached."""
    budget: Budget = field(default_factory=Budget)
    troubles: Troubles = field(default_factory=Troubles)
    deadlines: Deadlines = field(default_factory=Deadlines)

    @property
    def counter(self) -> posting.Counter:
        return posting.Counter(self.postbox, self.letterhead, self.lock, self.budget, self.troubles, self.deadlines)


def run_due(
    workshop: Workshop,
    worker: str,
    desk: Desk,
    *,
    lease: timedelta = LEASE,
    most: int = MOST_AT_ONCE,
    wake_another: Callable[[], None] = lambda: None,
) -> int:
    """Works on what is due, one item after another, and says on how many.

    A worker that is killed anywhere in here leaves its item owed, for whoever looks after the lease has ended. No two
    workers may have the same name at the same time. `wake_another` is called once there was something to do.
    """
    taken: Taken | None = None

    def claim(work: Work) -> Claim | None:
        behind = desk.troubles.behind(work.now)
        return next(iter(outbox.claim(work.session, worker, work.now, 1, lease, behind)), None)

    for count in range(most):
        taken = taken or _next(workshop, claim)
        if taken is None:
            return count
        if count == 0:
            wake_another()
        taken = _work_on(workshop, taken, desk, claim if count + 1 < most else _nothing)
    return most


def _nothing(_: Work) -> None:
    return None


def _next(workshop: Workshop, claim: Follow) -> Taken | None:
    with workshop.reading() as work:
        if not outbox.is_due(work.session, work.now):
            return None
    with workshop.writing() as work:
        claimed = claim(work)
    return None if claimed is None else Taken(claimed)


def _work_on(workshop: Workshop, taken: Taken, desk: Desk, follow: Follow) -> Taken | None:
    """Gives back what was claimed as this ended, if anything was."""
    claim = taken.claim
    waits = WAITS.get(claim.kind, ())
    if claim.kind not in outbox.STANDING and claim.tries > len(waits) + MOST_INTERRUPTIONS:
        _park(workshop, claim, f"It was tried {claim.tries - 1} times, and the worker stopped each time.")
        return None
    try:
        if claim.kind == OutboxKind.POST_DELIVERY:
            return posting.post_delivery(workshop, taken, desk.counter, follow)
        if claim.kind == OutboxKind.MAKE_DOCUMENT:
            following = issuing.make_document(workshop, claim, desk.issue, follow)
            return None if following is None else Taken(following)
        _do(workshop, claim, desk)
    except UnfitMessage as fault:
        _park(workshop, claim, str(fault))
    except Exception as fault:  # one item that cannot be done must not stop the others
        log.exception("outbox_item_failed", item=str(claim.item_id), kind=claim.kind)
        sentence = (
            f"Something happened that this service does not know ({type(fault).__name__}). Look in the worker's log."
        )
        with workshop.writing() as work:
            settling.put_off(work, claim, sentence, waits, Why.UNFIT)
    return None


def _do(workshop: Workshop, claim: Claim, desk: Desk) -> None:
    if (at_desk := AT_THE_DESK.get(claim.kind)) is not None:
        at_desk(workshop, claim, desk)
    elif (by_itself := BY_ITSELF.get(claim.kind)) is not None:
        by_itself(workshop, claim)
    else:
        _park(workshop, claim, "This version of the service does not know this kind of work.")


AT_THE_DESK: Mapping[str, Callable[[Workshop, Claim, Desk], object]] = {
    OutboxKind.MAKE_BLANK_FORMS: lambda workshop, claim, desk: blank_forms.make_blank_forms(
        workshop, claim, desk.issue
    ),
    OutboxKind.MAKE_REPORT: lambda workshop, claim, desk: report_issuing.make_report(workshop, claim, desk.issue),
    OutboxKind.DRAW_LAYOUT: lambda workshop, claim, desk: layouts.draw_layout(workshop, claim, desk.draw),
    OutboxKind.REHEARSE: lambda workshop, claim, desk: rehearsals.make_rehearsal(workshop, claim, desk.rehearse),
    OutboxKind.POST_NOTIFICATION: lambda workshop, claim, desk: notices.post_notification(
        workshop, claim, desk.counter
    ),
    OutboxKind.TELL_WEBHOOK: lambda workshop, claim, desk: webhooks.tell_webhook(
        workshop, claim, desk.caller, desk.letterhead.service_url
    ),
    OutboxKind.REMIND: lambda workshop, claim, desk: reminding.remind_board(workshop, claim, desk.reminders_hour),
    OutboxKind.PUBLISH_HEAD: lambda workshop, claim, desk: heads.publish_head(workshop, claim, desk.heads),
    OutboxKind.READ_BOUNCES: lambda workshop, claim, desk: bounced.read_bounces(workshop, claim, desk.mailbox),
    OutboxKind.SIGN_IN_MESSAGE: lambda workshop, claim, desk: posting.send_sign_in_message(
        workshop, claim, desk.counter
    ),
}
"""What needs something of the worker's desk."""


def _park(workshop: Workshop, claim: Claim, sentence: str) -> None:
    with workshop.writing() as work:
        settling.give_up(work, claim, sentence, Why.UNFIT)
