"""Where messages are not taken: so that whatever goes there comes after what goes elsewhere."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from forms_app.db.outbox import Behind
from forms_app.domain.mail_rules import domain_of
from forms_app.mail.answers import Answer, Result

Place = TypeVar("Place", UUID, str)
REMEMBERED = timedelta(minutes=10)
IN_A_ROW = 3
"""One dead address among four does not put off the other three."""

MOST = 50
"""Documents, and domains, that are put behind: when nothing is taken anywhere, nothing need be."""


class Troubles:
    """What one worker has seen lately. It is lost with the worker, and then seen again."""

    def __init__(self) -> None:
        self._documents: dict[UUID, list[datetime]] = defaultdict(list)
        self._domains: dict[str, list[datetime]] = defaultdict(list)

    def note(self, answer: Answer, document_id: UUID, address: str, now: datetime) -> None:
        """What a mail server takes makes good what it did not take before, at that domain and of that document."""
        domain = domain_of(address)
        if answer.result is Result.ACCEPTED:
            self._documents.pop(document_id, None)
            self._domains.pop(domain, None)
        else:
            self._documents[document_id].append(now)
            self._domains[domain].append(now)

    def behind(self, now: datetime) -> Behind:
        return Behind(_many(self._documents, now), _many(self._domains, now))


def _many(failed: dict[Place, list[datetime]], now: datetime) -> tuple[Place, ...]:
    for place, moments in list(failed.items()):
        lately = [moment for moment in moments if now - moment < REMEMBERED][-IN_A_ROW:]
        if lately:
            failed[place] = lately
        else:
            del failed[place]
    many = [place for place, moments in failed.items() if len(moments) >= IN_A_ROW]
    return tuple(sorted(many, key=lambda place: failed[place][-1])[-MOST:])
