"""What is asked of whoever wants a token or a webhook for another system."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from wtforms import Form

from forms_app.domain.systems import Event, Scope
from forms_app.domain.text import Unprintable
from forms_app.forms.fields import Pick, Picks, Values, Words

SCOPES: Mapping[Scope, str] = {
    Scope.ESCALATIONS: "See where your agency’s escalations stand",
    Scope.DOCUMENTS: "Read your agency’s documents",
    Scope.FILING: "Say that a document was filed",
    Scope.REGISTER: "Read the Board’s register",
    Scope.NUMBERS: "Read the Board’s numbers",
}
SCOPE_HINTS: Mapping[Scope, str] = {
    Scope.ESCALATIONS: "References, stages and days. Nothing that anybody wrote",
    Scope.DOCUMENTS: "Everything in them, for as long as somebody takes part for your agency",
    Scope.REGISTER: "As on the page, without escalations in which you declared an interest",
    Scope.NUMBERS: "As on the page: small numbers are left out",
}
EVENTS: Mapping[Event, str] = {
    Event.DOCUMENT_ISSUED: "Your agency has a new document",
    Event.STAGE_ENTERED: "An escalation enters a stage",
    Event.TEST: "A test",
}
DAYS: Mapping[int, str] = {30: "30 days", 90: "90 days", 180: "180 days", 365: "A year"}
MOST_NETWORKS = 20


class Networks(Words):
    """Network addresses, one on each line."""

    def __init__(self, label: str, *, read_one: Callable[[str], str], **options: object) -> None:
        super().__init__(label, lines=True, required=False, **options)  # type: ignore[arg-type]
        self.read_one = read_one

    def read(self, typed: Values) -> str:
        lines = super().read(typed).split()
        if len(lines) > MOST_NETWORKS:
            raise ValueError(f"Enter at most {MOST_NETWORKS} addresses")
        for number, line in enumerate(lines, start=1):
            try:
                self.read_one(line)
            except ValueError:
                raise ValueError(
                    f"Line {number} is not a network address. Write it like 192.0.2.7 or 192.0.2.0/24"
                ) from None
        return "\n".join(lines)


class WebAddress(Words):
    def __init__(self, label: str, *, fault_of: Callable[[str], str | None], **options: object) -> None:
        super().__init__(label, **options)  # type: ignore[arg-type]
        self.fault_of = fault_of

    def read(self, typed: Values) -> str:
        address = super().read(typed)
        if address and (fault := self.fault_of(address)) is not None:
            raise ValueError(fault)
        return address

    def missing(self) -> str:
        return "Enter the web address to which messages go"


def token_form(*, unprintable: Unprintable, scopes: Sequence[Scope], read_one: Callable[[str], str]) -> type[Form]:
    fields = {
        "system": Words(
            "What is the system called?", hint="So that people know what the token is for.", unprintable=unprintable
        ),
        "scopes": Picks(
            "What may it do?",
            choices=[(each.value, SCOPES[each]) for each in scopes],
            hints={each.value: SCOPE_HINTS[each] for each in scopes if each in SCOPE_HINTS},
        ),
        "days": Pick("How long is it good for?", choices=[(str(days), words) for days, words in DAYS.items()]),
        "networks": Networks(
            "From which network addresses may it be used?",
            hint="One on each line, such as 192.0.2.7 or 192.0.2.0/24. If you write none, it can be used from anywhere.",
            read_one=read_one,
            unprintable=unprintable,
        ),
    }
    return type("TokenForm", (Form,), fields)


def webhook_form(
    *, unprintable: Unprintable, events: Sequence[Event], fault_of: Callable[[str], str | None]
) -> type[Form]:
    fields = {
        "address": WebAddress(
            "Web address",
            hint="Messages are sent there. It begins with https://",
            fault_of=fault_of,
            unprintable=unprintable,
        ),
        "events": Picks("Of what is it told?", choices=[(each.value, EVENTS[each]) for each in events]),
    }
    return type("WebhookForm", (Form,), fields)
