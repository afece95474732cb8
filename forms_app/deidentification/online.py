"""Where somebody is found on the internet."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forms_app.deidentification.hits import Hit

EMAIL = re.compile(r"[\w.+'-]{1,64} ?(?:@|\(at\)|\[at\]) ?[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
URL = re.compile(
    r"\b(?:https?://|www\.)[^\s<>\"]{2,200}|\b[\w-]{2,63}\.(?:com|co\.uk|org|net|uk|me|tv|gg|io|app|example|wales|cymru)\b(?:/[^\s<>\"]{0,200})?",
    re.IGNORECASE,
)
HANDLE = re.compile(r"(?<![\w.])@\w[\w.]{1,40}")
PLATFORM = re.compile(
    r"\b(?:snapchat|snap|instagram|insta|tiktok|facebook|discord|roblox|xbox|playstation|whatsapp|telegram|twitter|user ?name|handle"
    r"|profile|gamertag|online)(?: (?:as|is|called|name|under))?:? (?P<who>[\w.@-]*[\d_.][\w.-]*\w)",
    re.IGNORECASE,
)
LIKE_A_HANDLE = re.compile(r"(?<![\w.@/-])[A-Za-z][A-Za-z]*[._][\w.]*\d\w*")


def online(text: str) -> Iterator[Hit]:
    for match in EMAIL.finditer(text):
        yield Hit(match.start(), match.end(), "email", "This is an email address.", rank=2)
    for match in URL.finditer(text):
        yield Hit(match.start(), match.end(), "url", "This is the address of a page.", rank=2)
    for match in HANDLE.finditer(text):
        yield Hit(
            match.start(), match.end(), "handle", "This is what somebody is called online.", "a name online", rank=2
        )
    for match in PLATFORM.finditer(text):
        start, end = match.span("who")
        yield Hit(start, end, "handle", "This is what somebody is called online.", "a name online", rank=2)
    for match in LIKE_A_HANDLE.finditer(text):
        why = "This could be what somebody is called online."
        yield Hit(match.start(), match.end(), "handle", why, "a name online", certain=False, rank=1)
