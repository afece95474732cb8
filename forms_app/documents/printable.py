"""Which characters can be printed in a document: asked where a person types, answered without a renderer."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from forms_app.documents.fonts import coverage
from forms_app.documents.wording import INKLESS
from forms_app.domain.text import PICTURES

# The flags of England, Scotland and Wales: a black flag and a country spelt in tags, the only use of tags there is.
NATION = re.compile(
    "\U0001f3f4(?:\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073))\U000e007f"
)

# Written from right to left: the fonts have a few such letters as symbols, without the joining that words need.
RIGHT_TO_LEFT = {"R", "AL", "AN"}
# Controls (of direction, too), tags, surrogates, private use, unassigned; separators that no font draws.
WITHOUT_MEANING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Noto Sans has these, whose letters change places in print: what was typed cannot be read back.
REORDERED = ("DEVANAGARI", "VEDIC")
# Pango draws a hyphen for the hyphenation point.
REPLACED = {"\u2027"}


def prints_as_typed(letter: str) -> bool:
    return (
        (unicodedata.category(letter) not in WITHOUT_MEANING or ord(letter) in PICTURES)
        and unicodedata.bidirectional(letter) not in RIGHT_TO_LEFT
        and not unicodedata.name(letter, "").startswith(REORDERED)
        and letter not in REPLACED
    )


@cache
def alphabet() -> frozenset[str]:
    """Every character that may stand in a document."""
    inkless = (letter for letter in map(chr, range(0x10000)) if INKLESS.match(letter))
    return frozenset({"\n", "\t", *inkless, *filter(prints_as_typed, map(chr, coverage()))})


@cache
def stray_mark() -> re.Pattern[str]:
    """An accent with no letter under it, which would be printed on a dotted circle that nobody typed."""
    marks = "".join(
        letter for letter in alphabet() if unicodedata.category(letter) in {"Mn", "Me"} and not INKLESS.match(letter)
    )
    return re.compile(rf"(?:^|\s)([{marks}])")


def unprintable(text: str) -> str | None:
    """The first character of a text (as composed, NFC) that cannot be printed, or None.

    Raises DocumentFault when the fonts are not set up.
    """
    if text.isascii() and text.isprintable():
        return None
    seen = NATION.sub("", unicodedata.normalize("NFC", text))
    strange = set(seen) - alphabet()
    if strange:
        return next(letter for letter in seen if letter in strange)
    stray = stray_mark().search(INKLESS.sub("", seen))
    return stray[1] if stray else None
