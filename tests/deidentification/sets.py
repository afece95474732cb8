"""The two sets of sentences: one to write the scan by, and one that was written before it and never looked at while it was written."""

from __future__ import annotations

from functools import cache

from forms_app.deidentification.dictionary import Identifier, Sort
from tests.deidentification.families import DEVELOPMENT, UNSEEN, sentences
from tests.deidentification.labelled import Sentence, lines_of, marked

HOPKINS = (
    Identifier("the child’s name", "Bronwen Tŵr-Hopkins"),
    Identifier("a name that the child is known by", "Bee"),
    Identifier("the child’s address", "4 Anchor Court, Bideford EX39 1AA", Sort.ADDRESS),
)
LLEWELLYN = (
    Identifier("the child’s name", "Seren Haf Llewellyn-Pryce"),
    Identifier("a name that the child is known by", "Sezzy"),
    Identifier("the child’s date of birth", "4 March 2019", Sort.BIRTH),
    Identifier(
        "the name of one of the family",
        "Mother: Tracey Llewellyn\nStepfather Dean Hobday\nMacsen Pryce (brother), grandmother Morfydd",
    ),
    Identifier("the child’s address", "27 Quarry Bank Terrace, Aberystwyth, SY23 4QX", Sort.ADDRESS),
    Identifier("the child’s school, nursery or college", "Castle Hill Primary School", Sort.SCHOOL),
    Identifier("the child’s GP or health practice", "Dr Anwen Rees, Harbourside Medical Centre", Sort.PRACTICE),
    Identifier("a number that agencies know the child by", "NHS 943 476 5919, Mosaic 1048823", Sort.NUMBER),
    Identifier("the name of somebody who takes part", "Priya Venkataraman"),
    Identifier("the name of somebody who takes part", "Declan O’Rourke"),
    Identifier("the name of somebody who takes part", "Helen Marsh"),
    Identifier("the email address of somebody who takes part", "priya.venkataraman@socialcare.tollbridge.example", Sort.CONTACT),
    Identifier("the telephone number of somebody who takes part", "01632 960777", Sort.CONTACT),
    Identifier("the post of somebody who takes part", "Team manager, Tollbridge Children’s Services", Sort.ROLE),
    Identifier("the name of an agency that takes part", "Tollbridge Children’s Services", Sort.AGENCY),
    Identifier("the name of an agency that takes part", "Castle Hill Primary School", Sort.AGENCY),
    Identifier("the reference of the escalation", "TOL-7F3K-29QD", Sort.REFERENCE),
)  # fmt: skip


@cache
def development() -> tuple[Sentence, ...]:
    by_hand = (marked(line, HOPKINS) for line in lines_of("development/sentences.txt"))
    return (*by_hand, *sentences(DEVELOPMENT, "development/frames.txt", seed=7, count=20))


@cache
def unseen_by_hand() -> tuple[Sentence, ...]:
    return tuple(marked(line, LLEWELLYN) for line in lines_of("unseen/sentences.txt"))


@cache
def unseen_families() -> tuple[Sentence, ...]:
    return tuple(sentences(UNSEEN, "unseen/frames.txt", seed=20261122, count=40))


def clean(name: str) -> tuple[Sentence, ...]:
    """Paragraphs in which nobody can be recognised."""
    return tuple(marked(line, LLEWELLYN) for line in lines_of(f"{name}/clean.txt"))
