"""How long what is kept: decided from a Board's rules and the dates of a record. Nothing here destroys anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from forms_app.domain.working_days import years_later

LONGEST_YEARS = 150
SHORTEST_WARNING_DAYS, LONGEST_WARNING_DAYS = 14, 365
USUAL_WARNING_DAYS = 30


class RecordClass(StrEnum):
    """What is kept as long as the same rule says. The trail is none: it is never destroyed here."""

    ESCALATION = "escalation"
    """All of it: who it is about, who takes part, records, documents as issued, and how they reached people. In years."""
    DRAFT = "draft"
    """What somebody typed and never sent. In days since they last did."""


class CountedFrom(StrEnum):
    ENDED = "ended"
    """The day on which the escalation ended."""
    LAST_RECORD = "last_record"
    """The last day on which anything was recorded, reviews and actions after its end included."""
    BIRTH = "birth"
    """The day on which the child was born, and never before the escalation has ended for a year."""
    SAVED = "saved"
    """The last time at which somebody typed."""


COUNTED_FROM: Mapping[CountedFrom, str] = {
    CountedFrom.ENDED: "the day on which it ended",
    CountedFrom.LAST_RECORD: "the day of the last record",
    CountedFrom.BIRTH: "the child’s date of birth",
    CountedFrom.SAVED: "the last time at which somebody typed",
}
"""What it is counted from, in words."""
OF_CLASS: Mapping[RecordClass, tuple[CountedFrom, ...]] = {
    RecordClass.ESCALATION: (CountedFrom.ENDED, CountedFrom.LAST_RECORD, CountedFrom.BIRTH),
    RecordClass.DRAFT: (CountedFrom.SAVED,),
}


class HoldReason(StrEnum):
    """Why an escalation is not destroyed though its time has come."""

    REVIEW = "review"
    """A child safeguarding practice review, or another review of the case."""
    INQUIRY = "inquiry"
    """An inquiry, an inspection or a police investigation."""
    COURT = "court"
    """Proceedings, or a claim that may come to them."""
    REQUEST = "request"
    """Somebody has asked for what is held about them, or to have it corrected."""
    COMPLAINT = "complaint"
    OTHER = "other"


class Left(StrEnum):
    """Why an escalation on a confirmed list was not destroyed."""

    HELD = "held"
    NOT_DUE = "not_due"
    """Something was recorded since, or the rule was changed."""
    GONE = "gone"
    """It was destroyed by another list."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How long one class of record is kept: `length` in years, of drafts in days. None for ever."""

    counted_from: CountedFrom
    length: int | None
    warning_days: int = USUAL_WARNING_DAYS

    def __post_init__(self) -> None:
        assert self.length is None or self.length > 0, "what is kept for no time would not be recorded"

    @property
    def warning(self) -> timedelta:
        return timedelta(days=self.warning_days)


DEFAULTS: Mapping[RecordClass, Rule] = {
    RecordClass.ESCALATION: Rule(CountedFrom.LAST_RECORD, None),
    RecordClass.DRAFT: Rule(CountedFrom.SAVED, 90, SHORTEST_WARNING_DAYS),
}
"""Where a Board has said nothing: what was recorded is kept for ever."""


@dataclass(frozen=True, slots=True)
class Dates:
    """What the rules count from. An escalation that has not ended has no day on which it did."""

    ended_on: date | None
    last_record_on: date
    born_on: date | None
    """None where nobody wrote it down, or a whole family is the subject."""


def due_on(rule: Rule, dates: Dates) -> date | None:
    """The first day on which an escalation may be destroyed. None: not by this rule, as far as is known today."""
    if rule.length is None or dates.ended_on is None:
        return None
    match rule.counted_from:
        case CountedFrom.ENDED:
            return years_later(dates.ended_on, rule.length)
        case CountedFrom.LAST_RECORD:
            return years_later(max(dates.ended_on, dates.last_record_on), rule.length)
        case CountedFrom.BIRTH:
            if dates.born_on is None:
                return None
            return max(
                years_later(dates.born_on, rule.length), years_later(max(dates.ended_on, dates.last_record_on), 1)
            )
        case CountedFrom.SAVED:
            return None


def opened_by(rule: Rule, today: date) -> date:
    """The last day on which an escalation can have been opened that is to be warned of today: the others need not be weighed."""
    assert rule.length is not None
    return years_later(today + rule.warning, -1 if rule.counted_from is CountedFrom.BIRTH else -rule.length)


def may_be_proposed(due: date, warned_at: datetime, rule: Rule, *, today: date, now: datetime) -> bool:
    """Whether its day has come, and people had the whole time of the warning to say that it must stay."""
    return due <= today and now >= warned_at + rule.warning
