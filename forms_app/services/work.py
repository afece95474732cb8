"""One piece of work: one person's action in one transaction at one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from forms_app.db import trail
from forms_app.db.database import Session
from forms_app.db.tables import AuditEntry, Board
from forms_app.domain.policy import Policy
from forms_app.domain.working_days import Calendar
from forms_app.policies.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Work:
    """What a service needs: a transaction, the moment at which it happens, and the policies."""

    session: Session
    now: datetime
    shelf: Shelf
    calendars: Callable[[str], Calendar]
    """The calendar of a nation, by its code in the policy."""

    def calendar(self, policy: Policy) -> Calendar:
        return self.calendars(policy.nation)

    def policy_of(self, board: Board) -> Policy:
        """The policy under which this Board's escalations begin at this moment."""
        return self.shelf.get(board.policy_at(self.now))

    def note(
        self,
        action: str,
        *,
        person: UUID | None = None,
        board: UUID | None = None,
        escalation: UUID | None = None,
        about: UUID | None = None,
        code: str | None = None,
    ) -> None:
        """Writes an audit entry in this transaction. `action` is a code, and `code` says what kind of it."""
        trail.note(
            self.session,
            AuditEntry(
                at=self.now,
                action=action,
                person_id=person,
                board_id=board,
                escalation_id=escalation,
                about_id=about,
                code=code,
            ),
        )

    @contextmanager
    def attempting(self) -> Iterator[None]:
        """What an exception in here undoes is undone alone, with what was noted of it."""
        with trail.undone_with(self.session), self.session.begin_nested():
            yield
