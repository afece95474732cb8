"""What came back: delivery status notices in a mailbox, by the Message-ID of what we sent."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where messages that come back are read: imaps://user@host/INBOX or maildir:///path."""

    url: str = field(repr=False)
    password: str | None = field(default=None, repr=False)
