"""What is known of one delivery, from facts: what the mail server answered, what came back, and what the recipient did."""

from __future__ import annotations

from enum import StrEnum

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
    """It cannot be sent: `code` says why. refused, no_answer, never, unconfirmed."""
    WITHDRAWN = "withdrawn"
    """It was sent to the wrong person. `code` is the reason."""


class Answer(StrEnum):
    AGREES = "agrees"
    AGREES_ACTIONS = "agrees_actions"
    """Agrees the actions, not the outcome; with reasons."""
    DISAGREES = "disagrees"
    """With reasons."""


ANSWERED = frozenset({DocumentKind.WRITTEN_CONFIRMATION, DocumentKind.ACKNOWLEDGEMENT_SHEET})
"""Documents of an outcome, to which each recipient answers. Of any other they only say that they have read it."""
