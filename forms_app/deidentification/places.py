"""Where people live, learn and are treated."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forms_app.deidentification.hits import Hit
from forms_app.deidentification.words import is_also_a_name, is_ordinary, listed

AREAS = listed("postcode_areas")
POSTCODE = re.compile(r"\b([A-Z]{1,2})[\dO][A-Z\d]? {0,2}[\dO][A-Z]{2}\b", re.IGNORECASE)
OUTWARD = re.compile(rf"\b(?:{'|'.join(sorted(AREAS))})\d{{1,2}}[A-Z]?\b(?!/)")
SECTIONS = frozenset({"S17", "S20", "S31", "S37", "S38", "S46", "S47", "S85"})
CAPITAL = r"[A-Z][\w'-]{0,40}\.?"
LINK = r"(?:of|the|y|yr|&|upon|le|and(?= St))"
NAMED = rf"{CAPITAL}(?: (?:{LINK} ){{0,2}}{CAPITAL}){{0,5}}"
STREET_WORD = (
    r"(?:Road|Rd|Street|St|Lane|Ln|Avenue|Ave|Close|Cl|Court|Ct|Drive|Dr|Gardens|Gdns|Grove|Way|Terrace|Crescent|Cres|Place|Pl|Square"
    r"|Hill|Row|Walk|Rise|View|Mews|Parade|Green|Quay|Wharf|Croft|Cottages|Cottage|Villas|Meadows?|Bank|Gate|Estate|Flats|Tower|Towers"
    r"|Broadway|Bridge|Farm)"
)
HOUSE = r"(?:\d{1,4}[a-zA-Z]?,? )?"
STREETS = (
    re.compile(
        rf"\b(?:(?:Flat|Apartment|Unit|Room) \w{{1,4}},? )?{HOUSE}(?:The )?{CAPITAL}(?: {CAPITAL}){{0,3}} {STREET_WORD}\b"
    ),
    re.compile(rf"\b\d{{1,4}}[a-z]?,? (?:[a-z'-]{{2,20}} ){{1,3}}{STREET_WORD}\b", re.IGNORECASE),
    re.compile(rf"\b{HOUSE}(?:Heol|Ffordd|Stryd|Lon|Rhodfa|Maes|Clos|Tan) (?:y |yr )?[A-Z]\w+(?: [A-Z]\w+)?"),
    re.compile(r"\b(?:Flat|Apartment) \d{1,3}[a-zA-Z]?\b"),
    re.compile(rf"\b{HOUSE}The (?:Crescent|Avenue|Green|Close|Square|Parade|Terrace|Mews|Paddock|Quay|Drive|Grove|Croft)\b"),
)  # fmt: skip
NO_STREET = re.compile(
    r"\b(?:Crown|County|Family|High|Magistrates|Supreme|Youth|District|Coroner's?|Appeal)s?'? Court\b|\bOne Way\b|\bEarly\b|\bSocial\b"
)
SCHOOL_WORD = (
    r"(?:Primary|Infants?|Junior|Secondary|Grammar|Comprehensive|Academy|College|School|Nursery|Pre-?[Ss]chool|Playgroup|Sixth Form"
    r"|Kindergarten|Childminders|University)"
)
SCHOOLS = (
    re.compile(rf"\b(?:[Tt]he )?{NAMED} {SCHOOL_WORD}(?: (?:School|Academy|College|Nursery))?\b"),
    re.compile(r"\bYsgol(?: (?:y|yr|[A-Z][\w'-]{0,40})){1,5}"),
    re.compile(r"\b(?:St|Saint)\.? [A-Z][a-z]+(?:'s|s')?\b"),
)
HEALTH_WORD = (
    r"(?:Surgery|Surgeries|Medical Centre|Health Centre|Medical Practice|Health Practice|Family Practice|Group Practice|Practice|Clinic"
    r"|Hospital|Infirmary|Hospice|Pharmacy|Dental|Refuge|Children's Centre|Family Centre|Family Hub|Children's Home|Care Home)"
)
SURGERIES = (
    re.compile(rf"\b(?:[Tt]he )?{NAMED} {HEALTH_WORD}\b"),
    re.compile(r"\bMeddygfa(?: (?:y|yr|[A-Z][\w'-]{0,40})){1,4}"),
)
OTHER_WORD = r"(?:Church|Chapel|Mosque|Gurdwara|Synagogue|Temple|Library|Hotel|Hostel|Prison|Barracks|Park|House|Lodge|Hall|Centre|Club)"
OTHERS = (re.compile(rf"\b(?:[Tt]he )?{NAMED} {OTHER_WORD}\b"),)


def places(text: str) -> Iterator[Hit]:
    for match in POSTCODE.finditer(text):
        if not any(map(str.isdigit, match[0])):
            continue
        known = match[1].upper() in AREAS
        yield Hit(
            match.start(), match.end(), "postcode", "This is a postcode.", "the area", known, rank=2 if known else 1
        )
    for match in OUTWARD.finditer(text):
        if match[0] not in SECTIONS:
            why = "This could be the first half of a postcode."
            yield Hit(match.start(), match.end(), "outward_postcode", why, "the area", certain=False, rank=1)
    for pattern in STREETS:
        for match in pattern.finditer(text):
            if not NO_STREET.search(match[0]):
                yield Hit(
                    match.start(),
                    match.end(),
                    "street",
                    "This looks like a street or an address.",
                    "the family’s home",
                    rank=2,
                )
    yield from _named(text, SCHOOLS, "school_form", "This looks like a school, nursery or college.", "a school")
    yield from _named(
        text, SURGERIES, "surgery", "This looks like a health practice or a hospital.", "a health service"
    )
    yield from _named(text, OTHERS, "building", "This looks like a place that people can find.", "a place nearby")


def _named(text: str, patterns: tuple[re.Pattern[str], ...], rule: str, why: str, instead: str) -> Iterator[Hit]:
    """Places with a name of their own, of which not every word is an ordinary one; “Primary School” is no name."""
    for pattern in patterns:
        for match in pattern.finditer(text):
            names = [word.lower().removesuffix("'s").strip(".") for word in match[0].split()]
            sure = any(not is_ordinary(word) or is_also_a_name(word) for word in names)
            if sure or len(names) > 2:
                yield Hit(match.start(), match.end(), rule, why, instead, sure, rank=2 if sure else 1)
