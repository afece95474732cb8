"""Exact ages, weeks of a pregnancy, and years at school."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forms_app.deidentification.hits import Hit

WORDS = (
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
)
N = rf"(?P<n>\d{{1,2}}|{'|'.join(WORDS)})(?:\.5| ?½| and a half)?"
UNIT = r"(?P<unit>years?|yrs?|y|months?|mths?|weeks?|wks?|days?)"
NEARLY = r"(?:(?:nearly|almost|only|just|about|over|under) )?"
WHOSE = (
    r"(?:he|she|they|who|child|boy|girl|baby|infant|toddler|brother|sister|sibling|son|daughter|mother|father|mum|dad|parents?|twins?"
    r"|young person|the (?:eldest|youngest|oldest))"
)
STATED = (
    re.compile(rf"\b(?:an? )?{NEARLY}{N}[ -]?{UNIT}'?[ -](?:olds?|of age)\b", re.IGNORECASE),
    re.compile(rf"\baged?:? (?:of )?{NEARLY}{N}(?: ?{UNIT})?\b(?! (?:limit|band|range|group))", re.IGNORECASE),
    re.compile(rf"\b(?:an? )?{N} ?(?P<unit>y/?o|yrs?)\b(?: old)?", re.IGNORECASE),
    re.compile(rf"\b{N} ?{UNIT}'? (?P<pregnant>pregnant|gestation)\b", re.IGNORECASE),
    re.compile(rf"\b(?P<pregnant>pregnant|gestation)(?: of| at|,)? {N} ?{UNIT}\b", re.IGNORECASE),
    re.compile(rf"\b(?:turn(?:ed|s|ing)?) {N}\b(?! (?:up|down|out|times|\w+ers\b))", re.IGNORECASE),
)
LIKELY = (
    re.compile(
        rf"\b{WHOSE}(?:'s| is| are| was| were| be| will be| has turned) {NEARLY}{N}"
        rf"(?= (?:and )?(?:cannot|can|has|is|was|were|does|do|did|had|neither|not|lives?)\b"
        r"| in (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|,|\.|;|\)|$)",
        re.IGNORECASE,
    ),
    re.compile(rf"\b{WHOSE}(?:'s| is| was) {NEARLY}{N} {UNIT}\b(?! (?:late|after|ago|before|later|long|behind|into))", re.IGNORECASE),
    re.compile(r"\b(?:[Yy]ear|Y|[Yy]r) ?(?P<school>1[0-3]|[1-9]|one|two|three|four|five|six|seven|eight|nine|ten|eleven)\b"),
)  # fmt: skip


def ages(text: str) -> Iterator[Hit]:
    for pattern in STATED:
        for match in pattern.finditer(text):
            yield Hit(match.start(), match.end(), "age", "This is an exact age.", _band(match), rank=2)
    for pattern in LIKELY:
        for match in pattern.finditer(text):
            start = match.start("n") if "n" in match.groupdict() else match.start()
            why = "This may say how old somebody is."
            yield Hit(start, match.end(), "age", why, _band(match), certain=False, rank=1)


def _band(match: re.Match[str]) -> str:
    parts = match.groupdict()
    if parts.get("pregnant"):
        return "pregnant"
    if parts.get("school"):
        number = _number(parts["school"])
        return "a child of primary-school age" if number < 7 else "a child of secondary-school age"
    unit = (parts.get("unit") or "y")[0].lower()
    number = _number(parts["n"])
    return _of_years(number if unit == "y" else number // 12 if unit == "m" else 0)


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    return WORDS.index(text.lower()) + 1 if text.lower() in WORDS else 0


def _of_years(years: int) -> str:
    bands = (
        (1, "a baby"),
        (5, "a child under five"),
        (11, "a child of primary-school age"),
        (16, "a child of secondary-school age"),
    )
    young = "a young person of 16 or 17" if years < 18 else "an adult"
    return next((band for below, band in bands if years < below), young)
