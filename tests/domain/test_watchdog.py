"""What the signs of workers come to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from forms_app.domain.watchdog import Health, Signs, State, judge

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


@pytest.mark.parametrize(
    ("heard_at", "due_since", "state"),
    [
        (None, None, State.WORKING),  # a service that was just set up, with nothing to do
        (None, ago(minutes=2), State.WORKING),
        (None, ago(minutes=2, seconds=1), State.GONE),
        (ago(minutes=2), None, State.WORKING),
        (ago(minutes=2, seconds=1), None, State.GONE),
        (ago(minutes=2, seconds=1), ago(hours=1), State.GONE),
        (ago(seconds=1), ago(minutes=5), State.WORKING),
        (ago(seconds=1), ago(minutes=5, seconds=1), State.LATE),
        (NOW + timedelta(seconds=2), None, State.WORKING),  # another machine's clock
    ],
)
def test_a_worker_is_there_or_late_or_gone(heard_at: datetime | None, due_since: datetime | None, state: State) -> None:
    health = judge(Signs(heard_at, due_since, not_taken=0, standing_failed=False), NOW)

    assert health == Health(state, mail_is_on_time=True, standing_work_is_done=True)
    assert health.emails_are_delayed == (state is not State.WORKING)


@pytest.mark.parametrize(("not_taken", "on_time"), [(0, True), (1, True), (2, False)])
def test_one_message_that_is_not_taken_delays_nobody_else(not_taken: int, on_time: bool) -> None:
    health = judge(Signs(NOW, None, not_taken, standing_failed=False), NOW)

    assert (health.mail_is_on_time, health.emails_are_delayed, health.is_good) == (on_time, not on_time, on_time)


def test_returned_messages_that_nobody_can_read_are_for_those_who_run_it() -> None:
    health = judge(Signs(NOW, None, 0, standing_failed=True), NOW)

    assert not health.is_good
    assert not health.emails_are_delayed
