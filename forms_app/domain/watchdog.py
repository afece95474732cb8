"""Whether what is owed is being done: decided from the signs that workers leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

GONE_AFTER = timedelta(minutes=2)
LATE_AFTER = timedelta(minutes=5)
ONE_MAY_BE_DEAD = 1
"""One message that waits while others go is for its sender to see, and no delay of everybody's."""
TRIES_OF_STANDING_WORK = 3


class State(StrEnum):
    WORKING = "working"
    LATE = "late"
    """A worker is there, and what is owed waits longer than it should."""
    GONE = "gone"
    """No worker was heard of."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What the database shows at one moment."""

    heard_at: datetime | None
    """When a worker was last heard of."""
    due_since: datetime | None
    """Since when the oldest work has been due that nobody has taken up. Work that is tried again later is not due."""
    not_taken: int
    """How many messages have waited for LATE_AFTER and were owed after the last one that a mail server took."""
    standing_failed: bool
    """Whether work that comes round for ever (reminders, returned messages) failed again and again."""
    on_hold: bool = False
    """Whether the database was filled from a backup, and nobody has let go what was owed in it."""


@dataclass(frozen=True, slots=True)
class Health:
    worker: State
    mail_is_on_time: bool
    standing_work_is_done: bool
    is_on_hold: bool = False

    @property
    def is_good(self) -> bool:
        return not self.emails_are_delayed and self.standing_work_is_done

    @property
    def emails_are_delayed(self) -> bool:
        return self.worker is not State.WORKING or not self.mail_is_on_time or self.is_on_hold


def judge(signs: Signs, now: datetime) -> Health:
    return Health(
        worker=_worker(signs, now),
        mail_is_on_time=signs.not_taken <= ONE_MAY_BE_DEAD,
        standing_work_is_done=not signs.standing_failed,
        is_on_hold=signs.on_hold,
    )


def _worker(signs: Signs, now: datetime) -> State:
    silent = signs.heard_at is None or now - signs.heard_at > GONE_AFTER
    waits = timedelta(0) if signs.due_since is None else now - signs.due_since
    if silent and (signs.heard_at is not None or waits > GONE_AFTER):
        return State.GONE
    return State.LATE if waits > LATE_AFTER else State.WORKING
