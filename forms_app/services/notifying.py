"""Owes people messages that carry no document: that something failed, waits, was withdrawn or is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from forms_app.db import notifications, outbox
from forms_app.db.outbox import OutboxKind
from forms_app.db.tables import Person
from forms_app.mail.compose import Kind
from forms_app.services.work import Work

HOURLY = timedelta(hours=1)


def notify(
    work: Work,
    kind: Kind,
    to: Person,
    *,
    key: str,
    escalation: UUID | None = None,
    about: UUID | None = None,
    not_before: datetime | None = None,
) -> UUID:
    """Owes one message to one person. Owing it again under the same key changes nothing.

    What it says is worked out when it is sent, so that it is never out of date; `key` is the kind's own, and gets the
    kind and the person before it. Gives back the id under which it is owed where it is new.
    """
    notification_id = uuid4()
    is_new = notifications.add(
        work.session,
        id=notification_id,
        board_id=to.board_id,
        person_id=to.id,
        kind=kind.value,
        escalation_id=escalation,
        about_id=about,
        dedupe_key=f"{kind}:{to.id}:{key}",
        owed_at=work.now,
    )
    if is_new:
        posting = OutboxKind.POST_NOTIFICATION
        due = not_before or work.now
        outbox.owe(work.session, posting, notification_id, f"{posting}:{notification_id}", due)
    return notification_id


def notify_hourly(work: Work, kind: Kind, to: Person, *, about: UUID) -> None:
    """Owes a message that counts what there is when it goes, and of which there is one an hour."""
    notify_anew(work, kind, to, about=about, after=lambda last: max(work.now, last + HOURLY))


def notify_anew(
    work: Work,
    kind: Kind,
    to: Person,
    *,
    about: UUID,
    escalation: UUID | None = None,
    after: Callable[[datetime], datetime],
) -> None:
    """Owes one message more about the same, unless one is on its way that will be read after this.

    `after` says when it may go, from when the last one was accepted; the first goes at once.
    """
    if notifications.is_on_its_way(work.session, kind, to.id, about):
        return
    last = notifications.last_accepted(work.session, kind, to.id, about)
    count = notifications.count_about(work.session, kind, to.id, about)
    key, moment = f"{about}:{count + 1}", None if last is None else after(last)
    notify(work, kind, to, key=key, escalation=escalation, about=about, not_before=moment)
