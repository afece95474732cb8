"""For whom a transaction runs. On PostgreSQL the rows that it can reach follow from it: see decision 33."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

SAY_WHO = text(
    "SELECT set_config('forms_app.actor', :kind, true), set_config('forms_app.person', :person, true), "
    "set_config('forms_app.board', :board, true), set_config('forms_app.office', :office, true), "
    "set_config('forms_app.agency', :agency, true)"
)
"""For this transaction alone: a connection of the pool forgets it by itself. Who says nothing reaches no row."""


@dataclass(frozen=True, slots=True)
class Actor:
    kind: Literal["service", "person", "nobody", "system"]
    """The service itself (worker, commands) reaches everything; nobody, a browser that has not signed in, only who people are.

    A system, a program with a token, reaches what is of its Board, and the documents of escalations in which its agency is.
    """
    person_id: UUID | None = None
    board_id: UUID | None = None
    in_office: bool = False
    """Whether they may look into their Board's register."""
    agency_id: UUID | None = None
    """Of a system: whose it is; None where it is its Board's own."""

    def begin(self, session: Session) -> None:
        """Says to the database for whom this transaction runs."""
        if session.get_bind().dialect.name == "postgresql":
            session.execute(
                SAY_WHO,
                {
                    "kind": self.kind,
                    "person": str(self.person_id or ""),
                    "board": str(self.board_id or ""),
                    "office": "yes" if self.in_office else "no",
                    "agency": str(self.agency_id or ""),
                },
            )


SERVICE = Actor("service")
NOBODY = Actor("nobody")
