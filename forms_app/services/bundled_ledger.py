"""What the list in a download says of deliveries: how each stands and what happened to it, without the name of anybody."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forms_app.db.tables import Delivery, Escalation, HandOver
from forms_app.domain.deliveries import Acknowledged, EventKind, Facts, Failed, State, state_of
from forms_app.domain.working_days import spell_time
from forms_app.services.ledger import Reader, history_of, how_sent, in_words, reason_in_words

STATES = {
    "accepted": "accepted by the mail server",
    "acknowledged": "answered",
    "being_tried": "being sent, or to be tried again",
    "bounced": "came back",
    "delayed": "delayed on the way",
    "downloaded": "downloaded",
    "failed": "failed, and somebody must ring",
    "kept_back": "not sent, and not to be",
    "opened": "opened",
    "owed": "not sent yet",
    "seen": "read",
    "told": "told by telephone",
    "waits": "waiting",
    "withdrawn": "withdrawn",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery of the list."""

    delivery: Delivery
    facts: Facts

    @property
    def state(self) -> State:
        return state_of(self.facts)


def code_of(state: State) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(state).__name__).lower()


def counted(sent: Sequence[Sent]) -> dict[str, int]:
    """How many deliveries stand how."""
    return dict(sorted(Counter(code_of(each.state) for each in sent).items()))


def for_machines(sent: Sequence[Sent]) -> list[dict[str, Any]]:
    return [
        {
            "job_title": each.delivery.person.job_title,
            "agency": each.delivery.person.agency.name,
            "how": how_sent(each.delivery, each.facts),
            "state": code_of(each.state),
            "detail": _detail(each.state),
            "history": [f"{line.at}: {line.what}" for line in history_of(each.delivery, Reader.LIST)],
        }
        for each in sent
    ]


def for_people(sent: Sequence[Sent]) -> Iterator[str]:
    for each in sent:
        person = each.delivery.person
        how = how_sent(each.delivery, each.facts).lower()
        yield f"   To: {person.job_title}, {person.agency.name} ({how}): {in_words(each.state)}\n"
        for line in history_of(each.delivery, Reader.LIST):
            yield f"       {line.at}: {line.what}\n"


def _detail(state: State) -> str | None:
    """What was answered, or why it failed."""
    match state:
        case Acknowledged(answer=answer):
            return answer.value
        case Failed(why=why):
            return why.value
        case _:
            return None


# --- what its reader has no more, and who takes part no more ---


def withdrawn_for_machines(withdrawn: Sequence[Delivery], moment: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": str(each.document_id),
            "kind": each.document.kind,
            "withdrawn_at": moment(each.withdrawn_at),
            "reason": _reason(each),
        }
        for each in withdrawn
    ]


def withdrawn_for_people(withdrawn: Sequence[Delivery]) -> Iterator[str]:
    for each in withdrawn:
        assert each.withdrawn_at is not None
        reason = reason_in_words(_reason(each))
        yield f"Withdrawn from you on {spell_time(each.withdrawn_at)}, because {reason}: {each.document.title}\n"


def removed(escalation: Escalation) -> list[tuple[str, str, datetime]]:
    """Job title, agency and moment of everybody who was named by mistake."""
    return [
        (party.person.job_title, party.agency.name, party.removed_at)
        for party in escalation.parties
        if party.removed_at is not None
    ]


def changed_hands(changes: Sequence[HandOver], moment: Any) -> list[dict[str, Any]]:
    """Who took over from whom, by job title. Why is for colleagues alone."""
    return [
        {
            "from": each.giver.job_title,
            "to": None if each.taker is None else each.taker.job_title,
            "at": moment(each.at),
        }
        for each in changes
    ]


def _reason(delivery: Delivery) -> str:
    return next((each.code for each in reversed(delivery.events) if each.kind == EventKind.WITHDRAWN), "other")
