"""The input gate: the one way by which typed text comes in. It refuses what cannot be kept; it never strips."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from forms_app.domain.errors import UnfitText

LONG = 20_000
"""Characters in a long answer."""
SHORT = 200
LINES = 400

Unprintable = Callable[[str], str | None]


def everything_prints(_: str) -> None:
    return None


def gate(text: str, *, limit: int, lines: int = LINES, unprintable: Unprintable = everything_prints) -> str:
    """The text in the one form in which it is stored and printed: NFC, with \\n at the end of lines.

    What Word pastes for a line break within a paragraph, or for a page break, becomes a line break. Raises UnfitText
    with a sentence that points at the place.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n").replace("\x0c", "\n")
    for position, character in enumerate(text):
        if _cannot_be_kept(character):
            raise UnfitText(
                f"{_place(text, position)} there is a character that cannot be kept. Delete it and try again."
            )
    text = unicodedata.normalize("NFC", text)
    if len(text) > limit:
        raise UnfitText(f"This must be {limit:,} characters or fewer. It has {len(text):,}.")
    if text.count("\n") >= lines:
        raise UnfitText(f"This must be {lines:,} lines or fewer. It has {text.count(chr(10)) + 1:,}.")
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


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    before = text[:position].rsplit("\n", 1)[-1].split()
    after = f", after “{before[-1][-30:]}”," if before and before[-1].isprintable() else ""
    return f"In line {line}{after}" if line > 1 or after else "At the start"
