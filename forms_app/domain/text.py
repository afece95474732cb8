"""The input gate: the one way by which typed text comes in. It refuses what cannot be kept; it never strips."""

from __future__ import annotations

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

Unprintable = Callable[[str], str | None]


def everything_prints(_: str) -> None:
    return None


def gate(text: str, *, limit: int, lines: int = LINES, unprintable: Unprintable = everything_prints) -> str:
    """The text in the one form in which it is stored and printed: NFC, with \\n at the end of lines.

    What Word pastes for a line break within a paragraph, or for a page break, becomes a line break. Raises UnfitText
    with a sentence that points at the place.
    """
    if len(text) > MOST_IN_ONE * limit:
        raise _too_long(text, limit)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n").replace("\x0c", "\n")
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
        raise UnfitText(f"{where} the character “{missing}” cannot be printed. Write it in another way.")
    return text


def _cannot_be_kept(character: str) -> bool:
    point = ord(character)
    return (
        (unicodedata.category(character) in {"Cc", "Cs", "Cn"} and character not in "\n\t")
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
