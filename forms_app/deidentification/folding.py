"""A text as somebody reads it who does not look at how its letters are made, with the way back to the text as typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from confusable_homoglyphs.confusables import confusables_data

WITHOUT_A_MARK = str.maketrans(
    {
        "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ħ": "h", "ı": "i", "ß": "ss",
        "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "þ": "th", "Þ": "Th", "‘": "'", "’": "'", "ʼ": "'", "`": "'", "´": "'",
        "′": "'", "ʻ": "'", "“": '"', "”": '"', "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "\t": " ",
    }
)  # fmt: skip
"""Letters that do not come apart into a letter and an accent, and marks that are written in several ways."""
WITHOUT_INK = frozenset({"Cf", "Mn", "Me"})
LONGEST = 200
"""Letters of one word that are looked at."""
TOKEN = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Token:
    """A run of letters and digits of a folded text, in small letters."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Folded:
    text: str
    places: tuple[int, ...]
    """Where each letter stands in the text as typed, and at last how long that is."""

    def as_typed(self, start: int, end: int) -> tuple[int, int]:
        """The same place in the text as typed, with what has no ink after it."""
        last = next((place for place in self.places[end:] if place > self.places[end - 1]), self.places[-1])
        return self.places[start], last

    def tokens(self) -> tuple[Token, ...]:
        return tuple(
            Token(match[0][:LONGEST].lower(), match.start(), match.end()) for match in TOKEN.finditer(self.text)
        )

    def begins_a_sentence(self, place: int) -> bool:
        before = self.text[max(place - 8, 0) : place].rstrip(" \"'([")
        return not before or before[-1] in ".!?:;\n•*"


def fold(text: str) -> Folded:
    letters, places = [], []
    for place, character in enumerate(text):
        for letter in folded_letter(character):
            letters.append(letter)
            places.append(place)
    return Folded("".join(letters), (*places, len(text)))


def compact(text: str) -> str:
    """Only the letters and digits, in small letters."""
    return "".join(token.word for token in fold(text).tokens())


@lru_cache(maxsize=10_000)
def folded_letter(character: str) -> str:
    """Without accents, as its look-alike in the Latin alphabet; nothing for what has no ink."""
    if character.isascii():
        return " " if character == "\t" else character
    plain = unicodedata.normalize("NFKD", character.translate(WITHOUT_A_MARK)).translate(WITHOUT_A_MARK)
    return "".join(_look_alike(letter) for letter in plain if unicodedata.category(letter) not in WITHOUT_INK)


def _look_alike(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter.isspace():
        return "\n" if letter in "\u2028\u2029" else " "
    return _latin().get(letter, letter)


@cache
def _latin() -> dict[str, str]:
    return dict(_pairs())


def _pairs() -> Iterator[tuple[str, str]]:
    for letter, others in confusables_data.items():
        if len(letter) == 1 and not letter.isascii():
            latin = [each["c"] for each in others if each["c"].isascii() and each["c"].isalnum()]
            same = [each for each in latin if each.isupper() == letter.isupper()]
            if latin:
                found = min(same or latin, key=len)
                yield letter, "I" if found == "l" and letter.isupper() else found
