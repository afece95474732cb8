"""Checks on what files say. Each takes text and answers with a sentence for each fault."""

from __future__ import annotations

import io
import re
import zipfile

# A letter in brackets keeps this file from saying what it forbids.
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E)\b")
ELSEWHERE = re.compile(r"\.\./[s]hared\b|(?<![\w.])/[w]ork/\w")
REGISTRY = re.compile(
    r"registry\.|npm[j]s\.|py[p]i\.org|python[h]osted|\"resolved\"|--(?:extra-)?index-url|--find-links|--trusted-host"
)
UNWANTED_WORD = re.compile(r"disput\w*", re.IGNORECASE)

_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_INLINE = {
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a style attribute": re.compile(r"<[a-z][^<>]*\sstyle\s*=|['\"]style['\"]\s*:", re.IGNORECASE),
    "an event attribute": re.compile(r"<[a-z][^<>]*\son[a-z]+\s*=|['\"]on[a-z]{4,}['\"]\s*:\s*['\"]", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
}


def found(pattern: re.Pattern[str], text: str) -> list[str]:
    return [f"line {_line(text, match.start())}: {match[0]}" for match in pattern.finditer(text)]


def inline_parts(template: str) -> list[str]:
    """What a policy of default-src 'self' would refuse to run or to apply."""
    faults = []
    outside_jinja = _JINJA.sub(lambda block: re.sub(r"[^\n]", " ", block[0]), template)
    for match in _SCRIPT.finditer(template):
        if not re.search(r"\ssrc\s*=", match[1]) or match[2].strip():
            faults.append(f"line {_line(template, match.start())}: a script in the page")
    for name, pattern in _INLINE.items():
        # Attributes are also handed to macros, inside Jinja's own braces.
        places = {match.start() for text in (template, outside_jinja) for match in pattern.finditer(text)}
        faults.extend(f"line {_line(template, place)}: {name}" for place in sorted(places))
    return faults


def words_of_docx(content: bytes) -> str:
    """The words in every part of a Word file, without its markup."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [archive.read(name).decode("utf-8") for name in archive.namelist() if name.endswith(".xml")]
    return "\n".join(re.sub(r"<[^>]*>", "", part) for part in parts)


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
