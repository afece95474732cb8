"""What is known of one delivery, from facts. Times are minutes after it was owed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms_app.domain.deliveries import (
    BY_PEOPLE,
    BY_RECIPIENT,
    Accepted,
    Acknowledged,
    Answer,
    Answered,
    BeingTried,
    Bounced,
    Delayed,
    Downloaded,
    EventKind,
    Facts,
    Failed,
    Happened,
    KeptBack,
    Opened,
    Owed,
    Paper,
    Seen,
    State,
    Told,
    Tried,
    Waits,
    Why,
    Withdrawn,
    may_have_reached,
    needs_a_person,
    state_of,
)
from forms_app.domain.mail_rules import Rule

OWED = datetime(2027, 3, 1, 10, 30, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return OWED + timedelta(minutes=minutes)


def tried(*lines: tuple[float, str]) -> tuple[Tried, ...]:
    return tuple(Tried(at(when), result, 550 if result == "refused" else None) for when, result in lines)  # type: ignore[arg-type]


def happened(*lines: tuple[float, EventKind] | tuple[float, EventKind, str]) -> tuple[Happened, ...]:
    return tuple(Happened(at(line[0]), *line[1:]) for line in lines)


ACCEPTED = tried((1, "accepted"))
REFUSED = tried((1, "refused"))
BOUNCED = (5, EventKind.BOUNCED, "5.1.1")
AGAIN = (10, EventKind.SENT_AGAIN)
TOLD = (10, EventKind.TOLD)


@pytest.mark.parametrize(
    ("known", "state"),
    [
        # --- before it is sent
        ({}, Owed(OWED)),
        ({"paper": Paper.UNMADE}, Owed(OWED)),
        ({"paper": Paper.HELD}, Waits("second_person")),
        ({"paper": Paper.KEPT_BACK}, KeptBack()),
        ({"is_together": True}, Waits("others")),
        # --- while it is tried
        ({"tried": tried((1, "started"))}, BeingTried(None)),
        ({"tried": tried((1, "not_reached")), "next_try": at(3)}, BeingTried(at(3))),
        ({"tried": tried((1, "interrupted"), (4, "started")), "next_try": at(1)}, BeingTried(None)),
        # --- what the mail server said
        ({"tried": ACCEPTED}, Accepted(at(1), False)),
        ({"tried": tried((1, "not_reached"), (2, "accepted"))}, Accepted(at(2), False)),
        ({"tried": REFUSED}, Failed(Why.REFUSED, at(1), 550)),
        (
            {"tried": REFUSED, "happened": happened((1, EventKind.GIVEN_UP, "refused"))},
            Failed(Why.REFUSED, at(1), 550),
        ),
        (
            {"tried": tried((1, "not_reached")), "happened": happened((2880, EventKind.GIVEN_UP, "no_answer"))},
            Failed(Why.NO_ANSWER, at(2880)),
        ),
        ({"tried": tried((1, "not_reached")), "is_parked": True}, Failed(Why.GIVEN_UP, None)),
        ({"happened": happened((1, EventKind.GIVEN_UP, "invented"))}, Failed(Why.GIVEN_UP, at(1))),
        # --- the rule for the domain
        (
            {"happened": happened((1, EventKind.GIVEN_UP, "unconfirmed")), "rule": None},
            Failed(Why.UNCONFIRMED, at(1)),
        ),
        (
            {"happened": happened((1, EventKind.GIVEN_UP, "unconfirmed")), "rule": Rule.NEVER},
            Failed(Why.NEVER, at(1)),
        ),
        ({"happened": happened((1, EventKind.GIVEN_UP, "unconfirmed")), "rule": Rule.ATTACH}, Owed(OWED)),
        ({"rule": None}, Owed(OWED)),
        (
            {
                "happened": happened((1, EventKind.GIVEN_UP, "never")),
                "tried": tried((9, "accepted")),
                "rule": Rule.NEVER,
            },
            Accepted(at(9), False),
        ),
        # --- what comes back
        ({"tried": ACCEPTED, "happened": happened((5, EventKind.DELAYED, "4.4.1"))}, Delayed(at(5))),
        ({"tried": ACCEPTED, "happened": happened(BOUNCED)}, Bounced(at(5), "5.1.1")),
        ({"tried": ACCEPTED, "happened": happened((3, EventKind.DELAYED), BOUNCED)}, Bounced(at(5), "5.1.1")),
        ({"tried": ACCEPTED, "happened": happened(BOUNCED, (6, EventKind.DELAYED))}, Bounced(at(5), "5.1.1")),
        ({"tried": tried((1, "accepted"), (9, "accepted")), "happened": happened(BOUNCED)}, Bounced(at(5), "5.1.1")),
        # --- somebody sends it again
        ({"tried": ACCEPTED, "happened": happened(BOUNCED, AGAIN)}, Owed(OWED)),
        (
            {"tried": tried((1, "accepted"), (11, "not_reached")), "happened": happened(BOUNCED, AGAIN)},
            BeingTried(None),
        ),
        (
            {"tried": tried((1, "accepted"), (11, "accepted")), "happened": happened(BOUNCED, AGAIN)},
            Accepted(at(11), False),
        ),
        (
            {
                "tried": tried((1, "accepted"), (11, "accepted")),
                "happened": happened(BOUNCED, AGAIN, (12, EventKind.BOUNCED, "5.2.2")),
            },
            Bounced(at(12), "5.2.2"),
        ),
        (
            {"tried": tried((1, "refused"), (11, "refused")), "happened": happened(AGAIN)},
            Failed(Why.REFUSED, at(11), 550),
        ),
        ({"tried": tried((10, "refused")), "happened": happened(AGAIN)}, Failed(Why.REFUSED, at(10), 550)),
        # --- somebody rings
        ({"tried": REFUSED, "happened": happened(TOLD)}, Told(at(10))),
        ({"tried": ACCEPTED, "happened": happened(TOLD, (20, EventKind.BOUNCED, "5.1.1"))}, Told(at(10))),
        (
            {"tried": tried((1, "refused"), (21, "accepted")), "happened": happened(TOLD, (20, EventKind.SENT_AGAIN))},
            Told(at(10)),
        ),
        (
            {"tried": tried((1, "refused"), (21, "refused")), "happened": happened(TOLD, (20, EventKind.SENT_AGAIN))},
            Failed(Why.REFUSED, at(21), 550),
        ),
        ({"tried": REFUSED, "happened": happened(AGAIN, (11, EventKind.TOLD))}, Told(at(11))),
        (
            {"tried": REFUSED, "happened": (Happened(at(10), EventKind.TOLD, "", at(7)),)},
            Told(at(7)),
        ),
        # --- the recipient
        ({"happened": happened((2, EventKind.OPENED))}, Opened(at(2))),
        ({"happened": happened((2, EventKind.OPENED), (3, EventKind.DOWNLOADED, "pdf"))}, Downloaded(at(3))),
        ({"happened": happened((2, EventKind.SEEN), (3, EventKind.DOWNLOADED, "pdf"))}, Seen(at(2))),
        ({"tried": ACCEPTED, "happened": happened((2, EventKind.OPENED), BOUNCED)}, Opened(at(2))),
        ({"tried": REFUSED, "happened": happened((2, EventKind.OPENED), TOLD)}, Opened(at(2))),
        (
            {"happened": happened((2, EventKind.SEEN)), "answered": (Answered(at(3), Answer.AGREES),)},
            Acknowledged(at(3), Answer.AGREES),
        ),
        (
            {"answered": (Answered(at(3), Answer.AGREES), Answered(at(9), Answer.DISAGREES))},
            Acknowledged(at(9), Answer.DISAGREES),
        ),
        # --- withdrawn
        (
            {"withdrawn_at": at(9), "tried": REFUSED, "answered": (Answered(at(3), Answer.AGREES),)},
            Withdrawn(at(9)),
        ),
    ],
)
def test_the_state_of_a_delivery(known: dict[str, Any], state: State) -> None:
    assert state_of(Facts(owed_at=OWED, **known)) == state


@pytest.mark.parametrize(
    ("known", "reached"),
    [
        ({}, False),
        ({"tried": REFUSED}, False),
        ({"tried": tried((1, "not_reached"))}, False),
        ({"tried": ACCEPTED}, True),
        ({"tried": tried((1, "started"))}, True),
        ({"tried": tried((1, "interrupted"), (2, "refused"))}, True),
        ({"tried": REFUSED, "happened": happened((2, EventKind.OPENED))}, True),
        ({"tried": REFUSED, "happened": happened(TOLD)}, False),
    ],
)
def test_whether_it_may_have_reached_the_recipient(known: dict[str, Any], reached: bool) -> None:
    assert may_have_reached(Facts(owed_at=OWED, **known)) == reached


# --- whatever happens ---

MOMENTS = st.integers(0, 5000).map(at)
TRIES = st.builds(
    Tried,
    at=MOMENTS,
    result=st.sampled_from(["accepted", "refused", "not_reached", "interrupted", "started"]),
    smtp_code=st.sampled_from([None, 250, 451, 550]),
)
KINDS_BY_MACHINES = [kind for kind in EventKind if kind not in BY_PEOPLE | BY_RECIPIENT]
BY_MACHINES = st.builds(
    Happened, at=MOMENTS, kind=st.sampled_from(KINDS_BY_MACHINES), code=st.sampled_from(["", "5.1.1", *Why])
)
EVENTS = st.builds(Happened, at=MOMENTS, kind=st.sampled_from(EventKind), code=st.sampled_from(["", "5.1.1", *Why]))


@st.composite
def histories(draw: st.DrawFn) -> Facts:
    return Facts(
        owed_at=OWED,
        paper=draw(st.sampled_from(Paper)),
        tried=in_order(draw(st.lists(TRIES, max_size=6))),
        happened=in_order(draw(st.lists(EVENTS, max_size=6))),
        answered=in_order(draw(st.lists(st.builds(Answered, at=MOMENTS, answer=st.sampled_from(Answer)), max_size=2))),
        rule=draw(st.sampled_from([None, *Rule])),
        next_try=draw(st.none() | MOMENTS),
        is_parked=draw(st.booleans()),
        is_together=draw(st.booleans()),
        withdrawn_at=draw(st.none() | MOMENTS),
    )


def in_order(lines: Any) -> tuple[Any, ...]:
    return tuple(sorted(lines, key=lambda line: line.at))


@given(histories())
def test_every_history_comes_to_a_state(facts: Facts) -> None:
    state_of(facts)


@given(histories(), TRIES | BY_MACHINES)
def test_no_machine_makes_a_failed_delivery_look_fine(facts: Facts, more: Tried | Happened) -> None:
    before = state_of(facts)
    if not needs_a_person(before):
        return

    if isinstance(more, Tried):
        after = state_of(replace(facts, tried=in_order([*facts.tried, more])))
    else:
        after = state_of(replace(facts, happened=in_order([*facts.happened, more])))

    # Whoever changed the rule for a domain is a person: the worker sends nothing there before.
    ruled_out = isinstance(before, Failed) and before.why in {Why.NEVER, Why.UNCONFIRMED}
    assert needs_a_person(after) or (ruled_out and isinstance(more, Tried) and more.result == "accepted")


@given(histories(), st.sampled_from(sorted(BY_RECIPIENT)), MOMENTS)
def test_what_the_recipient_did_makes_good_every_failure(facts: Facts, kind: EventKind, moment: datetime) -> None:
    after = state_of(replace(facts, happened=in_order([*facts.happened, Happened(moment, kind)])))

    assert not needs_a_person(after)


@given(histories(), st.sampled_from([EventKind.BOUNCED, EventKind.GIVEN_UP]))
def test_a_failure_that_comes_last_is_seen_unless_somebody_reached_the_recipient(facts: Facts, kind: EventKind) -> None:
    after = state_of(replace(facts, happened=(*facts.happened, Happened(at(6000), kind, "refused"))))

    fine = isinstance(after, Opened | Downloaded | Seen | Acknowledged | Told | Withdrawn)
    assert needs_a_person(after) != fine
