"""Rows that the Board's numbers are counted from, written as they are counted: of escalations that nobody opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from forms_app.db.database import Database
from forms_app.db.tables import RegisterAgency, RegisterEntry, RegisterStay
from forms_app.domain.register import State


@dataclass
class Counted:
    """What there is to count of one Board."""

    database: Database
    board: UUID
    agencies: Sequence[UUID]
    """The first raises, the second answers, unless it is said otherwise."""
    policy: str
    route: str
    stage: str
    _numbers: count[int] = field(default_factory=count)

    def add(self, how_many: int, month: int, year: int = 2026, **given: Any) -> list[UUID]:
        """So many escalations that began in a month."""
        with self.database.writing() as session:
            return [self._add(session, datetime(year, month, 3, tzinfo=UTC), given) for _ in range(how_many)]

    def _add(self, session: Any, opened_at: datetime, given: dict[str, Any]) -> UUID:
        each, number = uuid4(), next(self._numbers)
        receiving = given.get("receiving", self.agencies[1:2])
        values = {name: value for name, value in given.items() if name not in {"receiving", "stays"}}
        entry = {
            "escalation_id": each,
            "board_id": self.board,
            "reference": f"INV-{number:05}",
            "policy_key": self.policy,
            "opened_at": opened_at,
            "category": "other",
            "raising_id": self.agencies[0],
            "state": State.RESOLVED.value,
            "route": self.route,
            "stage": self.stage,
            "recorded_at": opened_at,
            "is_quiet": False,
            "counts": True,
            "learning": [],
            "policy_gap": False,
            "actions": 0,
            "came_of_it": False,
            "reminded_until": opened_at.date(),
            "documents": 1,
            "deliveries": 2,
            "delivered": 2,
            "acknowledged": 1,
            "counted_by": "",
            "counted_at": opened_at,
        }
        session.add(RegisterEntry(**{**entry, **values}))
        session.flush()
        shared = {"escalation_id": each, "board_id": self.board, "opened_at": opened_at}
        session.add_all(RegisterAgency(**shared, agency_id=agency) for agency in receiving)
        session.add_all(
            RegisterStay(
                **shared,
                number=number,
                route=self.route,
                stage=stage,
                entered_at=opened_at,
                left_at=opened_at,
                kept=kept,
                working_days=days,
            )
            for number, (stage, days, kept) in enumerate(given.get("stays", [(self.stage, 8, True)]), start=1)
        )
        return each
