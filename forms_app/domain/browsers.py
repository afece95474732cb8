"""What kind of browser a session runs in: enough for its person to know it again, and nothing that tells one from another."""

from __future__ import annotations

from enum import StrEnum


class Browser(StrEnum):
    EDGE = "edge"
    FIREFOX = "firefox"
    CHROME = "chrome"
    SAFARI = "safari"
    PHONE = "phone"
    OTHER = "other"


# In this order: most say that they are others, too.
SIGNS = (
    ("Mobile", Browser.PHONE),
    ("Edg/", Browser.EDGE),
    ("Firefox/", Browser.FIREFOX),
    ("Chrome/", Browser.CHROME),
    ("Safari/", Browser.SAFARI),
)


def browser_of(user_agent: str) -> Browser:
    """From what a browser says of itself, which is nothing to rely on."""
    return next((browser for sign, browser in SIGNS if sign in user_agent), Browser.OTHER)
