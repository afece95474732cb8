"""What an auditor looks for in the trail. It comes with the address of the page, and so holds ids, codes and dates only."""

from __future__ import annotations

from uuid import UUID

from wtforms import Form

from forms_app.documents.printable import unprintable
from forms_app.domain.trail import GROUPS, Asked
from forms_app.forms.fields import Day, PickFromList, Words

LONGEST_REFERENCE = 40


class PersonNumber(Words):
    def read(self, typed: tuple[str, ...]) -> str:  # type: ignore[override]
        came = super().read(typed)
        if came:
            try:
                return str(UUID(came))
            except ValueError:
                raise ValueError("Enter the person’s number as the trail shows it, 32 letters and digits") from None
        return came


class TrailForm(Form):
    since = Day("From", required=False)
    until = Day("Up to and including", required=False)
    group = PickFromList(
        "What", groups={"What": sorted(((code, each.words) for code, each in GROUPS.items()), key=lambda pair: pair[1])},
        required=False,
    )  # fmt: skip
    person = PersonNumber("Person’s number", limit=LONGEST_REFERENCE, unprintable=unprintable, required=False)
    reference = Words("Reference of the escalation", limit=LONGEST_REFERENCE, unprintable=unprintable, required=False)

    def asked(self) -> Asked:
        return Asked(
            since=self.since.data,
            until=self.until.data,
            group=self.group.data or "",
            person=UUID(self.person.data) if self.person.data else None,
            reference=self.reference.data or "",
        )
