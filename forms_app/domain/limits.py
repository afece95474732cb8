"""How often somebody may do what costs others something: so many at once, and then one more each while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """An allowance of `at_once`, of which one comes back every `every`."""

    code: str
    at_once: int
    every: timedelta

    @property
    def each(self) -> int:
        return self.every // MILLISECOND

    @property
    def whole(self) -> int:
        """How long it takes to come back from nothing, in milliseconds."""
        return self.at_once * self.each


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


# A stranger can ask for somebody's codes: one comes back sooner than the link in the last email has run out, so that
# whoever's mailbox it is always has a link that is good.
CODES_FOR_ACCOUNT = Limit("codes_for_account", 5, timedelta(minutes=10))
WRONG_CODES_FOR_ACCOUNT = Limit("wrong_codes_for_account", 20, timedelta(minutes=30))
# A hospital or a council can be behind one network address.
CODES_FOR_NETWORK = Limit("codes_for_network", 60, timedelta(minutes=1))
TRIES_FOR_NETWORK = Limit("tries_for_network", 120, timedelta(seconds=30))
UPLOADS = Limit("uploads", 30, timedelta(minutes=1))
DOWNLOADS_OF_MANY = Limit("downloads_of_many", 30, timedelta(minutes=2))
# A case system that files a year's documents in one night is no attack; one that asks for the same again and again is stopped.
CALLS_OF_TOKEN = Limit("calls_of_token", 600, timedelta(milliseconds=500))
FILES_OF_TOKEN = Limit("files_of_token", 1000, timedelta(seconds=30))
WRONG_TOKENS_FOR_NETWORK = Limit("wrong_tokens_for_network", 60, timedelta(seconds=30))
