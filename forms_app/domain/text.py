"""The input gate: the one way by which typed text comes in. It refuses what cannot be kept; it never strips."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from forms_app.domain.errors import UnfitText

LONG = 20_000
"""Characters in a long answer."""
SHORT = 200
LINES = 400
MARKS = 30
"""Accents on one letter, as Unicode's stream-safe text has it: to put endless ones into their order takes minutes."""
MOST_IN_ONE = 4
"""Characters as typed that can become one as kept."""

OTHER_BREAKS = re.compile("[\r\x0b\x0c\u2028\u2029]")
"""What else ends a line: in Word, and on some pages of the web."""
PICTURES = range(0x1F000, 0x1FB00)
"""Where Unicode puts the pictures of telephones: one that came after our tables has no name here, and is one all the same."""

Unprintable = Callable[[str], str | None]


def everything_prints(_: str) -> None:
    return None


def gate(text: str, *, limit: int, lines: int = LINES, unprintable: Unprintable = everything_prints) -> str:
    """The text in the one form in which it is stored and printed: NFC, with \\n at the end of lines.

    What Word or a page of the web pastes for a line break, or for a page break, becomes a line break. Raises UnfitText
    with a sentence that points at the place.
    """
    if len(text) > MOST_IN_ONE * limit:
        raise _too_long(text, limit)
    text = OTHER_BREAKS.sub("\n", text.replace("\r\n", "\n"))
    for position, character in enumerate(text):
        if _cannot_be_kept(character):
            raise UnfitText(
                f"{_place(text, position)} there is a character that cannot be kept. Delete it and try again."
            )
    _refuse_heaps_of_marks(text)
    text = unicodedata.normalize("NFC", text)
    if len(text) > limit:
        raise _too_long(text, limit)
    if text.count("\n") >= lines:
        most = "on one line" if lines == 1 else f"{lines:,} lines or fewer"
        raise UnfitText(f"This must be {most}. It has {text.count(chr(10)) + 1:,}.")
    missing = unprintable(text)
    if missing is not None:
        where = _place(text, max(text.find(missing), 0))
        raise UnfitText(f"{where} {_unprinted(missing)}")
    return text


def _unprinted(character: str) -> str:
    """What is wrong with a character that no document can print, and what to do about it."""
    kind, name = (
        unicodedata.category(character)[0],
        unicodedata.name(character, "").lower() or f"U+{ord(character):04X}",
    )
    if kind == "M":
        return f"an accent ({name}) stands under no letter. Delete it, or write the letter that it belongs to."
    if kind in "CZ":
        return f"there is a character that cannot be seen ({name}), and cannot be printed. Delete it."
    if kind == "L":
        return f"the character “{character}” cannot be printed. Write it in Latin letters."
    return f"the character “{character}” cannot be printed. Write it in another way."


def _cannot_be_kept(character: str) -> bool:
    point = ord(character)
    return (
        (unicodedata.category(character) in {"Cc", "Cs", "Cn"} and character not in "\n\t" and point not in PICTURES)
        or point & 0xFFFE == 0xFFFE
        or 0xFDD0 <= point <= 0xFDEF
        or point == 0xFFFD
    )


def _too_long(text: str, limit: int) -> UnfitText:
    return UnfitText(f"This must be {limit:,} characters or fewer. It has {len(text):,}.")


def _refuse_heaps_of_marks(text: str) -> None:
    marks = 0
    for position, character in enumerate(() if text.isascii() else text):
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > MARKS:
            raise UnfitText(
                f"{_place(text, position)} one letter has more than {MARKS} accents. Write it in another way."
            )


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    before = text[:position].rsplit("\n", 1)[-1].split()
    after = f", after “{before[-1][-30:]}”," if before and before[-1].isprintable() else ""
    return f"In line {line}{after}" if line > 1 or after else "At the start"
