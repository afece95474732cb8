"""What is known of one delivery, from facts: what the mail server answered, what came back, and what the recipient did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from forms_app.domain.mail_rules import Rule
from forms_app.domain.policy import DocumentKind


class EventKind(StrEnum):
    BOUNCED = "bounced"
    """A mail server that had taken it sent it back for good. `code` is the status, such as 5.1.1."""
    DELAYED = "delayed"
    """A mail server that had taken it says that it still tries."""
    OPENED = "opened"
    """The recipient proved the address and looked at the document's page for the first time."""
    DOWNLOADED = "downloaded"
    """The recipient was given the bytes, each format noted once. `code` is the format."""
    SEEN = "seen"
    """The recipient said that they have read it."""
    SENT_AGAIN = "sent_again"
    """Somebody had it sent again."""
    TOLD = "told"
    """Somebody says that they told the recipient by telephone, at `happened_at`."""
    GIVEN_UP = "given_up"
    """It cannot be sent: `code` says why, a `Why`."""
    WITHDRAWN = "withdrawn"
    """It was sent to the wrong person. `code` is the `Reason`."""


class Answer(StrEnum):
    AGREES = "agrees"
    AGREES_ACTIONS = "agrees_actions"
    """Agrees the actions, not the outcome; with reasons."""
    DISAGREES = "disagrees"
    """With reasons."""


ANSWERED = frozenset({DocumentKind.WRITTEN_CONFIRMATION})
"""To these each recipient answers; the sheet that comes beside it is for a pen. Of any other they only say that they have read it."""


class Reason(StrEnum):
    """Why a document was withdrawn from somebody."""

    WRONG_PERSON = "wrong_person"
    WRONG_DOCUMENT = "wrong_document"
    SAYS_TOO_MUCH = "says_too_much"
    """It says what it must not."""
    NAMED_BY_MISTAKE = "named_by_mistake"
    """They should not have taken part in the escalation at all."""
    OTHER = "other"


class Why(StrEnum):
    """Why a delivery cannot reach its recipient: the codes of `EventKind.GIVEN_UP`."""

    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    UNFIT = "unfit"
    NEVER = "never"
    UNCONFIRMED = "unconfirmed"
    LEFT = "left"
    """Its person left before it was sent: whoever has taken over must be told."""
    GIVEN_UP = "given_up"
    """For a reason that stands with the work that was given up."""


RULED_OUT = frozenset({Why.NEVER, Why.UNCONFIRMED})
"""Not sent because of the rule for the domain: it goes as soon as somebody changes that."""
BY_RECIPIENT = frozenset({EventKind.OPENED, EventKind.DOWNLOADED, EventKind.SEEN})
BY_PEOPLE = frozenset({EventKind.SENT_AGAIN, EventKind.TOLD, EventKind.WITHDRAWN})
"""What somebody who takes part, or the business unit, did about a delivery."""


# --- what is known ---


class Paper(StrEnum):
    """How far the document itself is."""

    HELD = "held"
    KEPT_BACK = "kept_back"
    """Two people decided that nobody is sent it."""
    UNMADE = "unmade"
    MADE = "made"


Result = Literal["accepted", "refused", "not_reached", "interrupted", "started"]


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt. Of one that is only started nothing is known yet."""

    at: datetime
    result: Result
    smtp_code: int | None = None
    follows_interruption: bool = False
    """Sent again after an interruption: the recipient may have it twice, with the same Message-ID."""


HANDED_OVER = frozenset[Result]({"accepted", "interrupted", "started"})
"""After these the recipient may have it."""


@dataclass(frozen=True, slots=True)
class Happened:
    at: datetime
    kind: EventKind
    code: str = ""
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    at: datetime
    answer: Answer


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one delivery. Attempts, events and answers in the order in which they were written."""

    owed_at: datetime
    paper: Paper = Paper.MADE
    tried: tuple[Tried, ...] = ()
    happened: tuple[Happened, ...] = ()
    answered: tuple[Answered, ...] = ()
    rule: Rule | None = Rule.LINK
    """None while nobody has confirmed the domain."""
    next_try: datetime | None = None
    is_parked: bool = False
    """Whether the worker has given up the message, or the document before it was made, whatever the ledger says of it."""
    is_together: bool = False
    """Whether it is to go with others in one message."""
    withdrawn_at: datetime | None = None


# --- what it comes to ---


@dataclass(frozen=True, slots=True)
class Owed:
    """Nobody has tried yet."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Waits:
    """For a second person, or for others with which it goes in one message."""

    what_for: Literal["second_person", "others"]


@dataclass(frozen=True, slots=True)
class KeptBack:
    """Nobody is sent it."""


@dataclass(frozen=True, slots=True)
class BeingTried:
    next_try: datetime | None
    """None while it is being tried."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """By the mail server. Nothing stronger is known."""

    at: datetime
    follows_interruption: bool


@dataclass(frozen=True, slots=True)
class Delayed:
    """A mail server on the way says that it still tries."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Bounced:
    at: datetime
    code: str


@dataclass(frozen=True, slots=True)
class Failed:
    why: Why
    at: datetime | None
    smtp_code: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    at: datetime


@dataclass(frozen=True, slots=True)
class Downloaded:
    at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledged:
    at: datetime
    answer: Answer


@dataclass(frozen=True, slots=True)
class Told:
    """By telephone."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Withdrawn:
    at: datetime


State = (
    Owed
    | Waits
    | KeptBack
    | BeingTried
    | Accepted
    | Delayed
    | Bounced
    | Failed
    | Opened
    | Downloaded
    | Seen
    | Acknowledged
    | Told
    | Withdrawn
)


def needs_a_person(state: State) -> bool:
    """Whether somebody must ring the recipient, because no message reaches them."""
    return isinstance(state, Bounced | Failed)


def state_of(facts: Facts) -> State:
    """What is known of a delivery, the strongest and last.

    Only what a person did makes good a failure: the recipient opened it or answered, somebody rang them, or sent it again.
    What the recipient did holds against every bounce, whichever came first: they proved the address and had the document.
    """
    if facts.withdrawn_at is not None:
        return Withdrawn(facts.withdrawn_at)
    by_recipient = _by_recipient(facts)
    if by_recipient is not None:
        return by_recipient
    by_mail = _by_mail(facts)
    told = _last(facts, EventKind.TOLD)
    if told is None or (needs_a_person(by_mail) and _sent_since(facts, told)):
        return by_mail
    return Told(facts.happened[told].happened_at or facts.happened[told].at)


def may_have_reached(facts: Facts) -> bool:
    """Whether the recipient may have it in their mail, or has seen it in the service."""
    handed_over = any(each.result in HANDED_OVER for each in facts.tried)
    return handed_over or _by_recipient(facts) is not None


def ruled_out_by(rule: Rule | None) -> Why | None:
    """Why nothing may be sent by the rule for an address; None where it may. No rule: nobody has confirmed the domain."""
    match rule:
        case Rule.ATTACH | Rule.LINK:
            return None
        case Rule.NEVER:
            return Why.NEVER
        case None:
            return Why.UNCONFIRMED


def _by_recipient(facts: Facts) -> State | None:
    """The strongest of what the recipient did: the last answer, or that they have read, downloaded or opened it."""
    if facts.answered:
        return Acknowledged(facts.answered[-1].at, facts.answered[-1].answer)
    first = {each.kind: each.at for each in reversed(facts.happened)}
    if EventKind.SEEN in first:
        return Seen(first[EventKind.SEEN])
    if EventKind.DOWNLOADED in first:
        return Downloaded(first[EventKind.DOWNLOADED])
    return Opened(first[EventKind.OPENED]) if EventKind.OPENED in first else None


def _by_mail(facts: Facts) -> State:
    """What became of the message since somebody last had it sent again."""
    again = _last(facts, EventKind.SENT_AGAIN)
    happened = facts.happened if again is None else facts.happened[again + 1 :]
    # Of the moment itself counts as later: better a failure that is shown twice than one that is not.
    tried = [each for each in facts.tried if again is None or each.at >= facts.happened[again].at]
    failed = _failure(facts, happened, tried)
    if failed is not None:
        return failed
    accepted = next((each for each in reversed(tried) if each.result == "accepted"), None)
    if accepted is not None:
        delayed = [each for each in happened if each.kind is EventKind.DELAYED]
        return Delayed(delayed[-1].at) if delayed else Accepted(accepted.at, accepted.follows_interruption)
    match facts.paper:
        case Paper.HELD:
            return Waits("second_person")
        case Paper.KEPT_BACK:
            return KeptBack()
        case Paper.UNMADE:
            return Owed(facts.owed_at)
        case Paper.MADE:
            return _on_its_way(facts, tried)


def _on_its_way(facts: Facts, tried: Sequence[Tried]) -> State:
    if facts.is_together:
        return Waits("others")
    if not tried:
        return Owed(facts.owed_at)
    return BeingTried(None if tried[-1].result == "started" else facts.next_try)


def _failure(facts: Facts, happened: Sequence[Happened], tried: Sequence[Tried]) -> Bounced | Failed | None:
    for each in reversed(happened):
        if each.kind is EventKind.BOUNCED:
            return Bounced(each.at, each.code)
        if each.kind is EventKind.GIVEN_UP and (why := _why(facts, each, tried)) is not None:
            refused = [line.smtp_code for line in tried if line.result == "refused"]
            return Failed(why, each.at, refused[-1] if refused else None)
    refusal = next((each for each in reversed(tried) if each.result == "refused"), None)
    if refusal is not None:
        return Failed(Why.REFUSED, refusal.at, refusal.smtp_code)
    return Failed(Why.GIVEN_UP, None) if facts.is_parked else None


def _why(facts: Facts, given_up: Happened, tried: Sequence[Tried]) -> Why | None:
    """Why it was given up; None when a rule was the reason and is no more, or was not when it was sent since."""
    why = Why(given_up.code) if given_up.code in set(Why) else Why.GIVEN_UP
    if why not in RULED_OUT:
        return why
    if any(each.result == "accepted" and each.at > given_up.at for each in tried):
        return None
    return ruled_out_by(facts.rule)


def _last(facts: Facts, kind: EventKind) -> int | None:
    """The place of the last event of a kind."""
    return next((at for at in reversed(range(len(facts.happened))) if facts.happened[at].kind is kind), None)


def _sent_since(facts: Facts, told: int) -> bool:
    return any(each.kind is EventKind.SENT_AGAIN for each in facts.happened[told + 1 :])
