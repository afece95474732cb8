"""How the values of a context are put into words, the same in both formats, and listed for reading back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from pydantic import BaseModel

NOT_ANSWERED = "Not answered"

# Characters without ink: soft hyphen, combining grapheme joiner, zero-width space, joiners and marks of direction, word joiner,
# byte order mark, the selectors among drawings of one symbol, and skin tones, which black and white symbols cannot show.
INKLESS = re.compile("[\u00ad\u034f\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff]")


class Said(NamedTuple):
    """One text that a document must carry, and where it stands in the context."""

    place: str
    text: str


# An i or j under an accent is drawn without its dot.
DOTLESS = re.compile("[ıȷ](?=(.))")


def folded(text: str) -> str:
    """The text as a reader sees it: composed letters, no inkless characters, every run of white space one space."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", INKLESS.sub("", DOTLESS.sub(dotted, text)))
    return " ".join(text.split())


def dotted(match: re.Match[str]) -> str:
    letter, following = match[0], match[1]
    return {"ı": "i", "ȷ": "j"}[letter] if unicodedata.combining(following) else letter


def shown(value: object) -> str:
    """The words for one value of a context; an empty answer says so."""
    text = str(value)
    return text if text[:1].isalnum() or folded(text) else NOT_ANSWERED  # the first is quick, and mostly so


def said(value: object, place: str = "") -> Iterator[Said]:
    """Every text of a context in the order of its fields, which is the order in which its documents are read."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from said(getattr(value, name), f"{place}.{name}" if place else name)
    elif isinstance(value, tuple):
        for number, item in enumerate(value, start=1):
            yield from said(item, f"{place} {number}")
    elif not isinstance(value, Enum):  # how it is laid out, and not a text
        yield Said(place, shown(value))
