"""Numbers by which agencies, schools, courts and telephones know somebody, with their check digits where they have some."""

from __future__ import annotations

import re
from collections.abc import Iterator

from phonenumbers import Leniency, PhoneNumberMatcher

from forms_app.deidentification.hits import Hit

TEN = re.compile(r"(?<![\d-])(?:\d{3}[ -]{1,2}\d{3}[ -]{1,2}\d{4}|\d{10})(?![\d-])")
UPN = re.compile(r"\b([A-HJ-NP-RT-Z])(\d{11}[\dA-HJ-NP-RT-Z])\b", re.IGNORECASE)
UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
NINO = re.compile(r"\b[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b", re.IGNORECASE)
PLATES = (
    re.compile(r"\b[A-Z]{2}\d{2} ?[A-Z]{3}\b", re.IGNORECASE),
    re.compile(r"\b[A-HJ-NPR-Y]\d{1,3} ?[A-Z]{3}\b"),
    re.compile(r"\b[A-Z]{3} ?\d{1,3} ?[A-HJ-NPR-Y]\b"),
)
COMMON_CAPITALS = re.compile(r"\b(?:THE|AND|FOR|NOT|WAS|BUT|ALL|ARE|HAS|DSL|CSC|IRO|LAC|CIN|SEN|GPS?|NHS|KEY)\b")
CASE = re.compile(
    r"(?<![\w/.])(?=[A-Z\d/.-]{6,24}(?![\w/-]))(?:[A-Z]{0,5}[/.-]?\d[A-Z\d]*)(?:[/.-][A-Z\d]+){0,4}", re.IGNORECASE
)
NAMED = re.compile(
    r"\b(?P<what>ref(?:erence)?|case|incident|crime|log|URN|CAD|order|record|client|patient|hospital|unit|file|ID|number|no)"
    r"(?: (?:number|no|ref|id))?\.?:? (?:is )?#?(?P<number>(?=[A-Z\d/-]*\d{3})[A-Z\d/-]{3,20})\b",
    re.IGNORECASE,
)
LONG = re.compile(r"(?<![\d,.£])\d(?:[ -]?\d){5,19}(?![\d,]|\.\d)")
YEARS = re.compile(r"(?:19|20)\d\d ?[-/] ?(?:(?:19|20)\d\d|\d\d)$")
MOST_TELEPHONES = 200


def numbers(text: str) -> Iterator[Hit]:
    yield from _ten_digits(text)
    for match in UPN.finditer(text):
        sure = _is_upn(match)
        yield _hit(
            match, "upn", "This is a unique pupil number." if sure else "This looks like a unique pupil number.", sure
        )
    for match in NINO.finditer(text):
        yield _hit(match, "nino", "This looks like a National Insurance number.")
    for pattern in PLATES:
        for match in pattern.finditer(text):
            if not COMMON_CAPITALS.search(match[0]):
                yield _hit(match, "plate", "This looks like the number plate of a car.")
    yield from _telephones(text)
    yield from _references(text)


def _ten_digits(text: str) -> Iterator[Hit]:
    for match in TEN.finditer(text):
        digits = [int(sign) for sign in match[0] if sign.isdigit()]
        if _is_nhs_number(digits):
            yield _hit(match, "nhs_number", "This is an NHS number: its last digit checks the others.")
        elif _is_uln(digits):
            yield _hit(match, "uln", "This is a unique learner number.")
        else:
            yield _hit(match, "nhs_number", "This looks like an NHS number or a unique learner number.", certain=False)


def _is_nhs_number(digits: list[int]) -> bool:
    check = 11 - sum(digit * weight for digit, weight in zip(digits[:9], range(10, 1, -1), strict=True)) % 11
    return check % 11 == digits[9] and check != 10


def _is_uln(digits: list[int]) -> bool:
    rest = sum(digit * weight for digit, weight in zip(digits[:9], range(10, 1, -1), strict=True)) % 11
    return rest != 0 and 10 - rest == digits[9]


def _is_upn(match: re.Match[str]) -> bool:
    last = match[2][-1].upper()
    values = [int(sign) for sign in match[2][:-1]]
    values.append(int(last) if last.isdigit() else UPN_LETTERS.index(last))
    check = sum(value * weight for value, weight in zip(values, range(2, 14), strict=True)) % 23
    return UPN_LETTERS[check] == match[1].upper()


def _telephones(text: str) -> Iterator[Hit]:
    for found in PhoneNumberMatcher(text, "GB", leniency=Leniency.POSSIBLE, max_tries=MOST_TELEPHONES):
        if found.raw_string.lstrip("( ").startswith(("0", "+")) and sum(map(str.isdigit, found.raw_string)) > 8:
            start = found.start - text[max(found.start - 1, 0) : found.start].count("(")
            yield Hit(start, found.end, "telephone", "This looks like a telephone number.", rank=2)


def _references(text: str) -> Iterator[Hit]:
    for match in CASE.finditer(text):
        if sum(map(str.isdigit, match[0])) > 3 and not YEARS.match(match[0]):
            yield _hit(match, "case_number", "This looks like the number of a case.", certain=False)
    for match in NAMED.finditer(text):
        start, end = match.span("number")
        yield Hit(start, end, "case_number", "This looks like the number of a case.", rank=2)
    for match in LONG.finditer(text):
        if not YEARS.match(match[0]):
            yield _hit(match, "long_number", "A number as long as this may lead to somebody.", certain=False)


def _hit(match: re.Match[str], rule: str, why: str, certain: bool = True) -> Hit:
    return Hit(match.start(), match.end(), rule, why, certain=certain, rank=2 if certain else 1)
