"""What identifies the people of one escalation, and everything that is looked for because of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from forms_app.deidentification.dates import Day, days_in
from forms_app.deidentification.folding import LONGEST, compact, fold
from forms_app.deidentification.words import is_ordinary, listed


class Sort(StrEnum):
    """What an identifier is, which decides what of it is looked for; also the rule of what is found by it."""

    NAME = "name"
    BIRTH = "birth"
    ADDRESS = "address"
    SCHOOL = "school"
    PRACTICE = "practice"
    NUMBER = "number"
    AGENCY = "agency"
    ROLE = "role"
    CONTACT = "contact"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Identifier:
    """Something that identifies somebody, as it was typed; several lines are several of them."""

    what: str
    """What it is, as it stands in a sentence: “the child’s name”."""
    text: str = field(repr=False)
    sort: Sort = Sort.NAME
    instead: str = ""
    """Words that say it without identifying anybody."""


@dataclass(frozen=True, slots=True)
class Term:
    """One spelling to look for: letters and digits without anything between them."""

    compact: str
    words: int
    """How many words it is written as."""
    of: Identifier
    capital: bool = False
    """Whether it is an ordinary word too, and so only looked for with a capital letter."""


@dataclass(frozen=True, slots=True)
class Dictionary:
    terms: tuple[Term, ...]
    births: tuple[tuple[Day, Identifier], ...]
    initials: frozenset[str]


NOT_OF_A_NAME = listed("not_of_a_name")
GENERIC = listed("names_of_services")
STREET = listed("streets")
POSTCODE = re.compile(r"\b([A-Za-z]{1,2}\d[A-Za-z\d]?) ?(\d[A-Za-z]{2})\b")
SHORTEST_NUMBER = 5
UNMISTAKABLE = 4
"""Letters and digits from which half a postcode is nothing else, in small letters too; “s17” is a section of an Act."""
PHRASE = re.compile(r"[,;\n()/]+")


def dictionary_of(identifiers: Collection[Identifier]) -> Dictionary:
    """Where two identifiers have the same spelling, the first one's counts."""
    terms: dict[str, Term] = {}
    births, initials = [], set()
    for identifier in identifiers:
        for term in _terms(identifier):
            spelt = term.compact[:LONGEST]
            known = terms.setdefault(spelt, replace(term, compact=spelt))
            if known.capital and not term.capital:
                terms[spelt] = replace(term, compact=spelt)
        if identifier.sort is Sort.BIRTH:
            births += [(day, identifier) for day in days_in(identifier.text)]
        if identifier.sort is Sort.NAME:
            for name in names_in(identifier.text):
                initials |= {_initials(name), _initials([name[0], name[-1]])} if len(name) > 1 else set()
    return Dictionary(tuple(term for term in terms.values() if term.compact), tuple(births), frozenset(initials))


def names_in(text: str) -> list[list[str]]:
    """The names in an answer, each as its words: what stands between marks, without what says whose name it is."""
    names = []
    for part in re.split(r"[,;\n()/:&\d]+|\band\b", text):
        name: list[str] = []
        for word in part.split():
            plain = compact(word)
            if plain in NOT_OF_A_NAME or (word.islower() and is_ordinary(plain)):
                names.append(name)
                name = []
            elif plain:
                name.append(word)
        names.append(name)
    return [name for name in names if name]


def names_typed_in(text: str) -> str:
    """Of an answer that may name a person or a post: the words with a capital letter that are no ordinary ones."""
    names = (name for name in names_in(text) if any(_is_name(word) for word in name))
    return "\n".join(" ".join(word for word in name if word[0].isupper()) for name in names)


def _is_name(word: str) -> bool:
    return word[0].isupper() and not is_ordinary(compact(word))


def _terms(identifier: Identifier) -> Iterator[Term]:
    match identifier.sort:
        case Sort.NAME:
            yield from _of_names(identifier, identifier.text)
        case Sort.ADDRESS:
            yield from _of_an_address(identifier)
        case Sort.SCHOOL | Sort.PRACTICE | Sort.AGENCY:
            yield from _of_a_place(identifier)
        case Sort.NUMBER | Sort.REFERENCE | Sort.BIRTH:
            yield from _of_numbers(identifier)
        case Sort.CONTACT:
            yield from _of_a_contact(identifier)
        case Sort.ROLE:
            yield from _of_a_role(identifier)


def _of_names(identifier: Identifier, text: str) -> Iterator[Term]:
    for name in names_in(text):
        if len(name) > 1:
            yield _phrase(identifier, " ".join(name))
            yield _phrase(identifier, f"{name[0]} {name[-1]}")
        for word in name:
            yield _word(identifier, word)
            yield from (_word(identifier, part) for part in re.split(r"[-‐‑–]", word) if part != word and len(part) > 1)


def _of_an_address(identifier: Identifier) -> Iterator[Term]:
    for match in POSTCODE.finditer(identifier.text):
        yield Term(compact(match[0]), 2, identifier)
        yield Term(compact(match[1]), 1, identifier, capital=len(match[1]) < UNMISTAKABLE)
    for part in PHRASE.split(POSTCODE.sub("\n", identifier.text)):
        words = part.split()
        yield _phrase(identifier, part)
        named = [word for word in words if not any(sign.isdigit() for sign in word) and compact(word) != "flat"]
        yield _phrase(identifier, " ".join(named))
        if len(named) > 1 and compact(named[-1]) in STREET:
            yield _phrase(identifier, " ".join(named[:-1]))


def _of_a_place(identifier: Identifier) -> Iterator[Term]:
    for part in PHRASE.split(identifier.text):
        if re.match(r"\s*Dr\.?\s", part):
            yield from _of_names(identifier, part)
            continue
        own = [word for word in part.split() if compact(word) not in GENERIC and compact(word) != "childrens"]
        if own:
            yield _phrase(identifier, part)
            yield _phrase(identifier, _without_the_last(part))
            yield _phrase(identifier, " ".join(own), shortest=4)
            yield from _of_a_saint(identifier, part)


def _of_a_saint(identifier: Identifier, part: str) -> Iterator[Term]:
    if match := re.match(r"\s*(St\.?|Ysgol|Meddygfa) (\S+)", part):
        yield _phrase(identifier, match[0])


def _without_the_last(part: str) -> str:
    """“Riverside Primary” of “Riverside Primary School”."""
    words = part.split()
    return " ".join(words[:-1]) if len(words) > 2 else part


def _of_numbers(identifier: Identifier) -> Iterator[Term]:
    """Each run of words with digits, and each of its words that is long enough to be a number of its own."""
    for part in re.split(r"[,;\n:]+", identifier.text):
        run: list[str] = []
        for word in [*part.split(), ""]:
            if any(sign.isdigit() for sign in word) or (identifier.sort is Sort.REFERENCE and word):
                run.append(compact(word))
                continue
            numbers = dict.fromkeys(("".join(run), *run))
            yield from (Term(number, 1, identifier) for number in numbers if len(number) >= SHORTEST_NUMBER)
            run = []


def _of_a_contact(identifier: Identifier) -> Iterator[Term]:
    if "@" in identifier.text:
        yield Term(compact(identifier.text), 1, identifier)
        return
    digits = "".join(sign for sign in identifier.text if sign.isdigit())
    if len(digits) >= SHORTEST_NUMBER:
        yield Term(digits, 1, identifier)
        if digits.startswith("0"):
            yield Term(f"44{digits[1:]}", 1, identifier)
            yield Term(f"440{digits[1:]}", 1, identifier)


def _of_a_role(identifier: Identifier) -> Iterator[Term]:
    title, _, agency = identifier.text.partition(", ")
    if title and agency:
        yield _phrase(identifier, f"{title} {agency}")
        yield _phrase(identifier, f"{agency} {title}")
        yield _phrase(identifier, f"{title} at {agency}")
        yield _phrase(identifier, f"{title} of {agency}")


def _phrase(identifier: Identifier, text: str, shortest: int = 3) -> Term:
    words = [token.word for token in fold(text).tokens()]
    ordinary = all(is_ordinary(word) or len(word) == 1 for word in words)
    whole = "".join(words)
    if len(whole) < shortest or whole.isdigit():
        return Term("", 0, identifier)
    return Term(whole, len(words), identifier, capital=ordinary and (len(words) < 3 or identifier.sort is Sort.NAME))


def _word(identifier: Identifier, text: str) -> Term:
    words = [token.word for token in fold(text).tokens()]
    whole = "".join(words)
    short = len(whole) < 3
    return Term(whole if len(whole) > 1 else "", len(words), identifier, capital=short or is_ordinary(whole))


def _initials(words: list[str]) -> str:
    return "".join(part[0] for word in words for part in re.split(r"[-‐‑–]", word) if part).upper()
