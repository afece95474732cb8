"""What people write: valid by default, invented throughout."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from forms_app.domain.answers import Answered, Section, Sections
from forms_app.domain.filing import Written
from forms_app.domain.records import AgreedAction, Outcome

SUBJECT: Sections = (
    Section(title="The child", answers=(Answered(id="names", question="Full names", answer="Ottilie Marchbank"),)),
)
SECTIONS: Sections = (
    Section(
        title="What happened",
        answers=(
            Answered(id="what_happened", question="What happened?", answer="The referral was closed after one call."),
            Answered(
                id="impact", question="What does it mean for the child?", answer="She has had no meal since Friday."
            ),
        ),
    ),
)


def written(happened_on: date, form_key: UUID | None = None) -> Written:
    return Written(form_key=form_key or uuid4(), sections=SECTIONS, happened_on=happened_on)


def outcome(today: date, **facts: Any) -> Outcome:
    action = AgreedAction(what="Visit the family", who="Social worker", by_when=today + timedelta(days=3))
    return Outcome(**{"outcome": "agreed", "actions": (action,), "review_on": today + timedelta(days=28), **facts})
