"""The questions about a contact, and about the job titles of one kind of agency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import Form

from forms_app.domain.contacts import LONGEST_ADDRESS, ContactDetails, is_address, is_telephone
from forms_app.domain.text import Unprintable
from forms_app.forms.fields import PickFromList, Picks, Values, Words

TODAY = "today"


class Telephone(Words):
    def read(self, typed: Values) -> str:
        number = super().read(typed)
        if number and not is_telephone(number):
            raise ValueError("Enter a telephone number, like 01632 960 001 or 07700 900 982 ext 12")
        return number


class EmailAddress(Words):
    def read(self, typed: Values) -> str:
        address = super().read(typed)
        if address and not is_address(address):
            raise ValueError("Enter an email address in the correct format, like name@example.org")
        return address


class ContactForm(Form):
    """One contact. Made by `contact_form`, which adds its fields."""

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        ways = [self["telephone"], self["out_of_hours_telephone"], self["email"]]
        if not any(way.data or way.errors for way in ways):
            self["telephone"].errors = ["Enter a telephone number or an email address"]
            return False
        return bool(valid)

    def details(self) -> ContactDetails:
        return ContactDetails(
            role=self["role"].data,
            name=self["holder"].data,
            telephone=self["telephone"].data,
            out_of_hours_telephone=self["out_of_hours_telephone"].data,
            email=self["email"].data,
            hours=self["hours"].data,
        )

    @property
    def is_checked(self) -> bool:
        return bool(self["checked"].data)


def contact_form(
    *, unprintable: Unprintable, owners: Mapping[str, Sequence[tuple[str, str]]] | None = None
) -> type[ContactForm]:
    """The form for a contact. It asks whose it is when there are `owners`, in groups, to choose from."""
    words: dict[str, Any] = {"unprintable": unprintable, "required": False}
    fields: dict[str, Any] = {}
    if owners:
        fields["owner"] = PickFromList("Whose contact is it?", groups=owners)
    fields |= {
        "role": Words(
            "What the contact is for",
            hint="For example, named nurse, nominated manager for disagreements, or out-of-hours team",
            unprintable=unprintable,
        ),
        "holder": Words("Name of the person or team", **words),
        "telephone": Telephone("Telephone number", **words),
        "out_of_hours_telephone": Telephone("Out-of-hours telephone number", **words),
        "email": EmailAddress("Email address", limit=LONGEST_ADDRESS, **words),
        "hours": Words("When they can be reached", hint="For example, Monday to Friday, 9am to 5pm", **words),
        "checked": Picks(
            "Have you checked these details?", choices=[(TODAY, "I checked today that they are right")], required=False
        ),
    }
    return type("ContactForm", (ContactForm,), fields)


def given_of(details: ContactDetails) -> dict[str, Any]:
    """What stands in the form at the beginning."""
    return {
        "role": details.role,
        "holder": details.name,
        "telephone": details.telephone,
        "out_of_hours_telephone": details.out_of_hours_telephone,
        "email": details.email,
        "hours": details.hours,
    }


class TitlesForm(Form):
    """What one kind of agency calls each level. Made by `titles_form`, which adds a field for each level."""

    def titles(self) -> dict[str, str]:
        """By level."""
        return {field.name.removeprefix("f-"): field.data.strip() for field in self}


def titles_form(levels: Sequence[tuple[str, str, str]], *, unprintable: Unprintable) -> type[TitlesForm]:
    """`levels`: id, the name of the level, and what the policy calls it in this kind of agency."""
    fields: Mapping[str, Any] = {
        f"f-{level}": Words(name, hint=f"The policy says: {of_policy}", required=False, unprintable=unprintable)
        for level, name, of_policy in levels
    }
    return type("TitlesForm", (TitlesForm,), dict(fields))
