"""The fonts that print every document: their files, and which characters they can print."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

from fontTools.agl import toUnicode  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from forms_app.documents.faults import DocumentFault

FOLDER = Path(__file__).resolve().parents[1] / "static" / "build" / "fonts"

TEXT = ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf", "NotoSans-Italic.ttf", "NotoSans-BoldItalic.ttf")
SYMBOLS = ("NotoEmoji-Regular.ttf", "NotoSansSymbols2-Regular.ttf", "NotoSansMath-Regular.ttf")


def paths() -> list[Path]:
    return [FOLDER / name for name in (*TEXT, *SYMBOLS)]


def opened(name: str) -> TTFont:
    """Raises DocumentFault when the file is not there."""
    path = FOLDER / name
    if not path.is_file():
        raise DocumentFault(f"The font {name} is missing from {FOLDER}. Run script/assets, which puts it there.")
    return TTFont(path, lazy=True)


@cache
def coverage() -> frozenset[int]:
    """Code points that can be printed in every style: all four text fonts have them, or a symbol font does."""
    return frozenset.intersection(*(own(name) for name in TEXT)).union(*(own(name) for name in SYMBOLS))


def own(name: str) -> frozenset[int]:
    """The code points that a font draws, one for each drawing: the text of a shared one could not be told from print."""
    return frozenset(code for code, glyph in glyphs(name).items() if letters(name)[glyph] == chr(code))


@cache
def glyphs(name: str) -> dict[int, int]:
    """The number of the glyph that a font draws for a code point, except those for private use."""
    with opened(name) as font:
        drawn = font.getBestCmap().items()
        return {code: font.getGlyphID(glyph) for code, glyph in drawn if unicodedata.category(chr(code)) != "Co"}


@cache
def letters(name: str) -> dict[int, str]:
    """What each glyph of a font stands for by itself, by glyph number; a variant (tilde.case) for what it is a variant of."""
    found = {glyph: chr(code) for code, glyph in sorted(glyphs(name).items(), reverse=True)}
    with opened(name) as font:
        names = font.getGlyphOrder()
    for number, glyph in enumerate(names):
        base, dot, _ = glyph.partition(".")
        if number not in found and base and dot and (text := toUnicode(base)):
            found[number] = text
    return found


@cache
def contents() -> dict[str, bytes]:
    return {name: (FOLDER / name).read_bytes() for name in (*TEXT, *SYMBOLS)}


def name_of(content: bytes) -> str:
    """The name of a font file by its content. Raises DocumentFault for a font that is not ours."""
    for name, own in contents().items():
        if own == content:
            return name
    raise DocumentFault(f"A document was printed with a font from outside {FOLDER}. It was not issued.")
