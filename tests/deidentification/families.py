"""Invented families with everything by which they could be known, written into sentences in varied spelling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from forms_app.deidentification.dictionary import Identifier, Sort
from tests.deidentification.labelled import Label, Sentence, lines_of
from tests.deidentification.spelling import HIDDEN, MISTYPED, WRITTEN, Spelling, as_it_is


@dataclass(frozen=True)
class Pool:
    """Where the names of one set come from; no two sets share one."""

    firsts: str
    surnames: str
    known: str
    streets: str
    towns: str
    schools: str
    practices: str
    agencies: str
    posts: str
    kin: str
    ages: str


UNSEEN = Pool(
    firsts="Ottilie Zdeněk Ffion Oluwaseun Siân Bartholomew Aoife Mohammed Precious Ioan Tadhg Chiamaka Grace Will Rose Kai Mia Éowyn"
    " Rhŷs Tomasz Fatoumata Jo Ebony Łucja Callum Destiny Ngozi Björn Amélie Hope Jayden-Lee Mary-Kate Ayaan Skye Ptolemy",
    surnames="Marchbank Nguyễn O’Malley Featherstonehaugh Tŵrgwyn Kowalczyk Adebayo-Smythe Marsh Price Whitlock Abdirahman Khatun"
    " MacGillivray D’Souza Pérez-Gale Ó’Briain Szczepański Lamb Thistlewood Begum Ap-Gruffydd Quillinan Rahimi Kirkbride",
    known="Tilly Zed Bart Prezzie Tomo Fats Lulu Des Amy Jay Skyler Ollie Squeak Boo Titch Mo",
    streets="Harbour Lane|Sorrel Drive|Tanyard Close|Wheelwright Street|Ravensbourne Gardens|Mill Rise|St Aidan’s Avenue|Lower Quay"
    "|Kestrel Way|Brickfield Cottages|Ffordd y Bryn|The Crescent",
    towns="Seaford Whitehaven Pontarddulais Berwick Ilfracombe Thirsk Oswestry Penarth Alnwick Haverhill",
    schools="Riverside Primary School|St Wilfrid’s Church of England Primary School|Holm Oak Academy|Ysgol y Graig|Bluebell Nursery"
    "|Kingsmead College|Our Lady of Lourdes RC Infant School|Thorn Park Special School",
    practices="Dr A. Patel, Harbour Surgery|Mill Stream Medical Centre|Castlegate Health Centre|Dr Wyn Bevan, Meddygfa Taf"
    "|Orchard Family Practice",
    agencies="Calderbrook Children’s Social Care|Ashwater Police|Northmoor Community Health|Fernhill Family Support Charity",
    posts="Social worker|Team manager|Health visitor|Designated safeguarding lead|Detective Sergeant",
    kin="mum Shanice|his dad Rob|her gran Edie|Aunt Marjorie|a cousin called Levi|her foster carer, Denise|Grandad Stan"
    "|step-dad Wayne|his brother Zac|Nanna Pat",
    ages="eight|a five-year-old|aged 11|12 years old|3 yrs|nine months old|a 15yo|almost 14 years of age",
)
DEVELOPMENT = Pool(
    firsts="Bronwen Casper Leilani Idris Noémie Quentin Zainab Mark Joy Eryn Leo Nia Håkon Thaddeus Ama-Serwaa Blodwen Faith",
    surnames="Hopkins Tŵr-Davies O’Hara Castellanos Brown Wójcik Ferreira-Lowe Iqbal Vandermeer Fitzwilliam McAllister Park Sow",
    known="Bee Cas Lani Quin Zee Thad Blod",
    streets="Anchor Court|Weavers Road|Old Mill Lane|Cherry Tree Walk|Heol Fawr|North Parade",
    towns="Bideford Morpeth Llanelli Diss Skegness",
    schools="Oak Bank Infant School|St Ninian’s RC Primary School|Thornley Academy|Ysgol Bro Taf|Acorn Day Nursery",
    practices="Dr J. Mensah, Wharf Surgery|Beacon Medical Practice|Hollins Health Centre",
    agencies="Marlside Children’s Services|Tarnside Constabulary|Eastvale NHS Trust",
    posts="Practice lead|Head teacher|School nurse",
    kin="mum Kelly|his father Craig|her sister Paige|Nana Joyce|his uncle, Terry",
    ages="six|a 4-year-old|aged 9|7 years old|18 months old",
)
AREAS = ("BN25", "NE66", "SA4", "M14", "EX34", "YO7", "SY11", "CF64", "CB9", "B12")


@dataclass(frozen=True)
class Family:
    """What fills the blanks of a frame, and what the escalation's records hold of it."""

    blanks: dict[str, tuple[str, str]]
    """The kind and the words, as the records have them."""
    identifiers: tuple[Identifier, ...]


def families(pool: Pool, seed: int, count: int) -> Iterator[tuple[Family, Random]]:
    chance = Random(seed)
    for _ in range(count):
        yield _family(pool, chance), chance


def sentences(pool: Pool, frames: str, seed: int, count: int) -> Iterator[Sentence]:
    """Each family in every frame once, each blank in a spelling of its own."""
    for family, chance in families(pool, seed, count):
        for frame in lines_of(frames):
            yield _filled(frame, family, chance)


NAMED = ("name", "school", "address", "practice", "agency")
"""Kinds whose words people misspell; a number is only laid out in another way."""


def _filled(frame: str, family: Family, chance: Random) -> Sentence:
    text, labels = "", []
    for number, part in enumerate(frame.replace("}", "{").split("{")):
        if number % 2 == 0:
            text += part
            continue
        kind, words = family.blanks[part]
        spelling = _spelling(kind, chance)
        words = spelling(words, chance)
        labels.append(Label(kind, len(text), len(text) + len(words), spelling.__name__.replace("_", " ")))
        text += words
    return Sentence(text, tuple(labels), family.identifiers)


def _spelling(kind: str, chance: Random) -> Spelling:
    if kind not in NAMED:
        return as_it_is
    return chance.choice(chance.choices((WRITTEN, MISTYPED, HIDDEN), weights=(6, 3, 2))[0])


def _family(pool: Pool, chance: Random) -> Family:
    def one(words: str) -> str:
        return chance.choice(words.split("|") if "|" in words else words.split())

    first, mother_first, sibling, prof_first = chance.sample(pool.firsts.split(), 4)
    surname, prof_surname = chance.sample(pool.surnames.split(), 2)
    mother, prof = f"{mother_first} {surname}", f"{prof_first} {prof_surname}"
    known, town, area = one(pool.known), one(pool.towns), chance.choice(AREAS)
    street = one(pool.streets)
    address, postcode = f"{chance.randint(2, 190)} {street}", f"{area} {chance.randint(1, 9)}{_letters(chance, 2)}"
    school, practice, agency, post = one(pool.schools), one(pool.practices), one(pool.agencies), one(pool.posts)
    born = date(2009, 1, 1) + timedelta(days=chance.randrange(6000))
    nhs, number = nhs_number(chance), str(chance.randint(100_000, 9_999_999))
    phone, email = (
        f"07700 900{chance.randint(100, 999)}",
        f"{prof_first[0].lower()}.{chance.randint(2, 99)}@office.example",
    )
    reference = f"{_letters(chance, 3)}-{_letters(chance, 4)}-{_letters(chance, 4)}"
    identifiers = (
        Identifier("the child’s name", f"{first} {surname}"),
        Identifier("a name that the child is known by", known),
        Identifier("the child’s date of birth", f"{born:%d/%m/%Y}", Sort.BIRTH),
        Identifier("the name of one of the family", f"Mother {mother}\nBrother: {sibling}"),
        Identifier("the child’s address", f"{address}\n{town}\n{postcode}", Sort.ADDRESS),
        Identifier("the child’s school, nursery or college", school, Sort.SCHOOL),
        Identifier("the child’s GP or health practice", practice, Sort.PRACTICE),
        Identifier("a number that agencies know the child by", f"NHS number {nhs}, case {number}", Sort.NUMBER),
        Identifier("the name of somebody who takes part", prof),
        Identifier("the email address of somebody who takes part", email, Sort.CONTACT),
        Identifier("the telephone number of somebody who takes part", phone, Sort.CONTACT),
        Identifier("the post of somebody who takes part", f"{post}, {agency}", Sort.ROLE),
        Identifier("the name of an agency that takes part", agency, Sort.AGENCY),
        Identifier("the reference of the escalation", reference, Sort.REFERENCE),
    )
    blanks = {
        "first": ("name", first),
        "name": ("name", f"{first} {surname}"),
        "known": ("name", known),
        "surname": ("name", surname),
        "mother": ("name", mother),
        "motherfirst": ("name", mother_first),
        "sibling": ("name", sibling),
        "prof": ("name", prof),
        "agency": ("agency", agency),
        "school": ("school", school),
        "street": ("address", street),
        "address": ("address", address),
        "town": ("address", town),
        "postcode": ("postcode", chance.choice((postcode, postcode.lower(), postcode.replace(" ", "")))),
        "outward": ("outward", area),
        "gp": ("practice", practice.rpartition(", ")[2]),
        "nhs": ("number", chance.choice((nhs, nhs.replace(" ", ""), nhs.replace(" ", "-")))),
        "dob": ("birth", chance.choice(_spelt(born))),
        "phone": ("contact", chance.choice((phone, phone.replace(" ", ""), "+44 " + phone[1:]))),
        "email": ("contact", email),
        "number": ("number", chance.choice((number, f"{number[:3]} {number[3:]}", f"{number[:3]}-{number[3:]}"))),
        "ref": ("reference", chance.choice((reference, reference.lower(), reference.replace("-", " ")))),
        "initials": (
            "initials",
            chance.choice((f"{first[0]}{surname[0]}", f"{first[0]}.{surname[0]}.", f"Baby {first[0]}")),
        ),
        "kin": ("kin", one(pool.kin)),
        "age": ("age", one(pool.ages)),
        "plate": ("plate", f"{_letters(chance, 2)}{chance.randint(10, 26)} {_letters(chance, 3)}"),
        "upn": ("upn", upn(chance)),
        "handle": ("handle", f"@{known.lower()}_{chance.randint(10, 99)}"),
    }
    return Family(blanks, identifiers)


def nhs_number(chance: Random) -> str:
    """Ten digits whose last checks the others, as the NHS writes them."""
    while True:
        digits = [chance.randint(0, 9) for _ in range(9)]
        check = 11 - sum(digit * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            whole = "".join(map(str, [*digits, check % 11]))
            return f"{whole[:3]} {whole[3:6]} {whole[6:]}"


def upn(chance: Random) -> str:
    """A letter that checks the twelve digits after it."""
    digits = [chance.randint(0, 9) for _ in range(12)]
    check = sum(digit * weight for digit, weight in zip(digits, range(2, 14), strict=True)) % 23
    return "ABCDEFGHJKLMNPQRTUVWXYZ"[check] + "".join(map(str, digits))


def _spelt(day: date) -> tuple[str, ...]:
    month, short = f"{day:%B}", f"{day:%b}"
    return (
        f"{day:%d/%m/%Y}",
        f"{day:%d-%m-%y}",
        f"{day:%Y-%m-%d}",
        f"{day.day} {month} {day.year}",
        f"{day.day}{_th(day.day)} of {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{day.day}.{day.month}.{day:%y}",
        f"{day:%d%m%Y}",
        f"{day.day} {short} {day:%y}",
        f"{day.day}{_th(day.day)} {month}",
    )


def _th(day: int) -> str:
    return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _letters(chance: Random, count: int) -> str:
    return "".join(chance.choice("ABDEFGHJLNPQRSTUWXYZ") for _ in range(count))
