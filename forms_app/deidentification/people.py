"""People by what stands beside their names: kin, titles, initials, and a capital letter where none belongs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from forms_app.deidentification.folding import Folded
from forms_app.deidentification.hits import Hit
from forms_app.deidentification.words import is_also_a_name, is_ordinary, listed

PARENTS = "mother|father|mum|mam|mom|mummy|dad|daddy|parent|step-?(?:mother|father|mum|dad|parent)"
SIBLINGS = "(?:half-?|step-?)?(?:brother|sister|sibling)s?|twins?"
GRANDPARENTS = "(?:great-?)?(?:grandmother|grandfather|grandma|grandpa|grandad|granddad|granny|gran|nana|nanna|nan|nain|taid|mamgu|tadcu)"
RELATIVES = "uncle|aunt|auntie|aunty|cousin|niece|nephew|husband|wife|partner|ex-partner|boyfriend|girlfriend|fianc[ee]+|relative"
CARERS = "(?:foster )?(?:carer|parent)|childminder|guardian|godmother|godfather|lodger|neighbour|friend|best friend"
CHILDREN = "son|daughter|baby|child|toddler|boy|girl"
KINDS = (
    (PARENTS, "a parent"), (SIBLINGS, "a sibling"), (GRANDPARENTS, "a grandparent"), (RELATIVES, "a relative"),
    (CARERS, "a carer or friend"), (CHILDREN, "a child"),
)  # fmt: skip
NAME = r"[A-Z][a-z][\w'-]{0,40}(?: [A-Z][\w'-]{1,40})?"
KIN = tuple(
    (
        re.compile(
            rf"\b(?i:(?:(?:his|her|their|the|my|our|an?) )?(?:(?:big|little|older|younger|elder|late|new|birth|maternal|paternal) )?)"
            rf"(?i:{words})(?:'s name is|,? (?:called|named|known as)|,| is called)?[ :(]{{1,2}}(?P<name>{NAME})\)?,?"
        ),
        instead,
    )
    for words, instead in KINDS
)
TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Dame|Rev|Revd|Reverend|Fr|Cllr|Councillor|PC|DC|DS|DI|DCI|PS|PCSO|WPC|Sgt|Insp|HHJ)"
POST = re.compile(
    r"\b(?:Doctor|Father|Sister|Sr|Pastor|Imam|Rabbi|Sergeant|Inspector|Constable|Judge|Nurse|Midwife|Lord|Lady|Headteacher|Matron)"
    rf" (?P<name>{NAME})"
)
TITLED = (
    re.compile(rf"\b{TITLE}\.? (?:\d{{2,5}} )?(?:[A-Z]\.? )?{NAME}"),
    re.compile(rf"\b{TITLE}\.? [A-Z]\b\.?"),
    re.compile(r"\b(?:[Mm]r|[Mm]rs|[Mm]s|[Dd]r)\.? [a-z][a-z'-]+"),
    re.compile(r"\b(?:PC|PCSO|WPC|DC) \d{2,5}\b"),
)
CALLED = re.compile(
    r"\b(?i:called|named|known as|aka|nicknamed|goes by)(?: the name)? \"?(?P<name>[A-Z][\w'-]{1,40})\"?"
)
ABBREVIATIONS = listed("abbreviations")
DOTTED = re.compile(r"\b(?:[A-Z]\. ?){2,4}")
CAPITALS = re.compile(r"(?<![\w.@/-])[A-Z]{2,3}(?=(?:'s|s)?\b)(?![\w.]*[/@\d-])")
ONE = re.compile(r"(?<![\w.'&/-])[B-HJ-Z](?=(?:'s)?\b)(?!\d|[&/'-](?!s\b))")
BEFORE_ONE = re.compile(
    r"(?:[Ss]ection|[Ss]tage|[Ll]evel|[Ff]orm|[Pp]art|[Aa]nnex|[Aa]ppendix|[Pp]lan|[Cc]ategory|[Tt]ier|[Oo]ption|[Vv]itamin|[Gg]rade|[Tt]ype"
    r"|[Tt]able|[Ff]igure|[Gg]roup) $"
)
ROLE_AND_LETTER = re.compile(
    r"\b(?:[Bb]aby|[Cc]hild|[Mm]other|[Ff]ather|[Aa]dult|[Ss]ibling|[Bb]oy|[Gg]irl|[Pp]upil|[Yy]oung person|[Ff]amily) [A-Z]\b(?!')\.?"
)
CAPITAL = re.compile(r"(?<![\w@/.'-])[A-Z][\w']{0,40}[a-z][\w']{0,40}(?:-[A-Za-z][\w']{0,40})*")
SHOUTED = re.compile(r"(?<![\w@/.'-])[A-Z]{4,}(?:-[A-Z]+)*\b")


def people(folded: Folded, initials: Collection[str]) -> Iterator[Hit]:
    yield from _kin(folded.text)
    yield from _titled(folded.text)
    yield from _initials(folded, initials)
    yield from _capitals(folded)


def _kin(text: str) -> Iterator[Hit]:
    for pattern, instead in KIN:
        for match in pattern.finditer(text):
            if _is_a_name(match["name"]):
                yield Hit(
                    match.start(), match.end(), "kin", "This looks like a relative or friend, by name.", instead, rank=2
                )


def _titled(text: str) -> Iterator[Hit]:
    why = "This looks like somebody’s name."
    for pattern in TITLED:
        for match in pattern.finditer(text):
            yield Hit(match.start(), match.end(), "title", why, "a professional", rank=2)
    for match in POST.finditer(text):
        if _is_a_name(match["name"]):
            yield Hit(match.start(), match.end(), "title", why, "a professional", rank=2)
    for match in CALLED.finditer(text):
        if _is_a_name(match["name"]):
            yield Hit(*match.span("name"), "called", "This looks like what somebody is called.", rank=2)


def _is_a_name(words: str) -> bool:
    first = words.split()[0].lower().removesuffix("'s")
    return not is_ordinary(first) or is_also_a_name(first)


def _initials(folded: Folded, known: Collection[str]) -> Iterator[Hit]:
    why = "These look like somebody’s initials."
    for match in DOTTED.finditer(folded.text):
        yield Hit(match.start(), match.end(), "initials", why, rank=2)
    for match in ROLE_AND_LETTER.finditer(folded.text):
        yield Hit(match.start(), match.end(), "initials", "A letter may lead to somebody’s name.", rank=2)
    for match in CAPITALS.finditer(folded.text):
        usual = match[0] in ABBREVIATIONS or is_ordinary(match[0].lower())
        if match[0] in known or not usual:
            sure = match[0] in known and not usual
            yield Hit(match.start(), match.end(), "initials", why, certain=sure, rank=2 if sure else 1)
    for match in ONE.finditer(folded.text):
        if not BEFORE_ONE.search(folded.text[max(match.start() - 12, 0) : match.start()]):
            yield Hit(match.start(), match.end(), "initials", "This could be an initial.", certain=False, rank=1)


def _capitals(folded: Folded) -> Iterator[Hit]:
    why = "This is no ordinary word: it could be the name of a person or a place."
    for pattern in (CAPITAL, SHOUTED):
        for match in pattern.finditer(folded.text):
            if _could_be_a_name(match[0], begins=folded.begins_a_sentence(match.start())):
                yield Hit(match.start(), match.end(), "capital", why, certain=False, rank=1)


def _could_be_a_name(word: str, *, begins: bool) -> bool:
    parts = [part.lower().removesuffix("'s").strip("'") for part in word.split("-")]
    if word.isupper():
        return not all(is_ordinary(part) or part.upper() in ABBREVIATIONS for part in parts)
    unknown = any(not is_ordinary(part) for part in parts if len(part) > 1 and not part.isdigit())
    return unknown or (not begins and any(is_also_a_name(part) for part in parts))
