"""The ways in which people, and other systems, spell a name that is in the records."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from random import Random

Spelling = Callable[[str, Random], str]

LOOK_ALIKES = {"a": "а", "c": "с", "e": "е", "o": "ο", "p": "р", "x": "х", "y": "у", "i": "і", "A": "Α", "B": "В", "E": "Ε",
               "H": "Н", "K": "Κ", "M": "М", "O": "О", "P": "Ρ", "T": "Т", "S": "Ѕ"}  # fmt: skip
NEAR = {"a": "s", "b": "v", "c": "v", "d": "f", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o", "j": "k", "k": "l", "l": "k",
        "m": "n", "n": "m", "o": "p", "p": "o", "r": "t", "s": "d", "t": "y", "u": "i", "v": "b", "w": "e", "y": "u"}  # fmt: skip


def as_it_is(text: str, _: Random) -> str:
    return text


def capitals(text: str, _: Random) -> str:
    return text.upper()


def small_letters(text: str, _: Random) -> str:
    return text.lower()


def without_accents(text: str, _: Random) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


def with_an_accent(text: str, chance: Random) -> str:
    return _somewhere(text, chance, lambda letter: unicodedata.normalize("NFC", letter + "\u0302"), "aeiouwyAEIOUWY")


def spaced_out(text: str, _: Random) -> str:
    return " ".join(text.replace(" ", ""))


def look_alikes(text: str, _: Random) -> str:
    return "".join(LOOK_ALIKES.get(letter, letter) for letter in text)


def digits_for_letters(text: str, _: Random) -> str:
    return text.replace("o", "0").replace("l", "1")


def nothing_between(text: str, chance: Random) -> str:
    return _somewhere(text, chance, lambda letter: letter + chance.choice("\u200b\u00ad\u200d\u2060"))


def without_hyphens(text: str, _: Random) -> str:
    return text.replace("-", " ").replace("’", "")


def joined(text: str, _: Random) -> str:
    return text.replace("-", "").replace("’", "").replace(" ", "")


def other_marks(text: str, _: Random) -> str:
    return text.replace("’", "'").replace("-", "‑").replace(" ", "\u00a0")


def possessive(text: str, _: Random) -> str:
    return f"{text}s" if not text.endswith("s") else f"{text}’"


def a_letter_missing(text: str, chance: Random) -> str:
    return _somewhere(text, chance, lambda _: "")


def a_letter_twice(text: str, chance: Random) -> str:
    return _somewhere(text, chance, lambda letter: letter * 2)


def a_neighbouring_key(text: str, chance: Random) -> str:
    return _somewhere(text, chance, lambda letter: NEAR.get(letter, "e"))


def two_letters_swapped(text: str, chance: Random) -> str:
    places = [at for at in range(1, len(text) - 1) if text[at].isalpha() and text[at + 1].isalpha()]
    places = [at for at in places if text[at] != text[at + 1]]
    if not places:
        return text
    at = chance.choice(places)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _somewhere(text: str, chance: Random, change: Callable[[str], str], letters: str = "") -> str:
    """Changes one letter that is not the first of its word."""
    places = [at for at in range(1, len(text)) if text[at].isalpha() and text[at - 1].isalpha()]
    places = [at for at in places if not letters or text[at] in letters]
    if not places:
        return text
    at = chance.choice(places)
    return text[:at] + change(text[at]) + text[at + 1 :]


WRITTEN: tuple[Spelling, ...] = (
    as_it_is,
    as_it_is,
    capitals,
    small_letters,
    without_accents,
    with_an_accent,
    without_hyphens,
    joined,
    other_marks,
    possessive,
)
"""As people write it without thinking of it."""
HIDDEN: tuple[Spelling, ...] = (spaced_out, look_alikes, digits_for_letters, nothing_between)
"""So that a plain search does not find it."""
MISTYPED: tuple[Spelling, ...] = (a_letter_missing, a_letter_twice, a_neighbouring_key, two_letters_swapped)
