"""Reads the texts that are to be released, and names every place that a person has to look at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from forms_app.deidentification.ages import ages
from forms_app.deidentification.dates import dates
from forms_app.deidentification.dictionary import Dictionary, Identifier, dictionary_of
from forms_app.deidentification.findings import Finding, ScanFailed
from forms_app.deidentification.folding import Folded, fold
from forms_app.deidentification.hits import Hit
from forms_app.deidentification.matching import Matcher
from forms_app.deidentification.numbers import numbers
from forms_app.deidentification.online import online
from forms_app.deidentification.people import people
from forms_app.deidentification.places import places

LONGEST = 250_000
"""Characters that are read at once."""
BETWEEN_PARTS = frozenset(" -'.")


def scan(texts: Mapping[str, str], identifiers: Collection[Identifier]) -> tuple[Finding, ...]:
    """Everything found, in the order of the texts and of their words. Raises ScanFailed, and then nothing may leave."""
    if sum(map(len, texts.values())) > LONGEST:
        raise ScanFailed(f"These texts have more than {LONGEST:,} characters.")
    try:
        dictionary = dictionary_of(identifiers)
        matcher = Matcher(dictionary)
        return tuple(
            finding for field, text in texts.items() for finding in _findings(field, text, dictionary, matcher)
        )
    except Exception as fault:  # noqa: BLE001  whatever it is, the texts have not been read
        # Its own words may repeat the text.
        raise ScanFailed(f"The scan could not read these texts ({type(fault).__name__}).") from None


def _findings(field: str, text: str, dictionary: Dictionary, matcher: Matcher) -> Iterator[Finding]:
    folded = fold(text)
    for hit in merged(folded.text, _hits(folded, dictionary, matcher)):
        start, end = folded.as_typed(hit.start, hit.end)
        whose = "’s" if hit.suggestion and folded.text[: hit.end].endswith("'s") else ""
        yield Finding(field, start, end, text[start:end], hit.rule, hit.why, f"{hit.suggestion}{whose}", hit.certain)


def _hits(folded: Folded, dictionary: Dictionary, matcher: Matcher) -> Iterator[Hit]:
    yield from matcher.hits(folded)
    yield from _days(folded.text, dictionary)
    yield from ages(folded.text)
    yield from numbers(folded.text)
    yield from places(folded.text)
    yield from online(folded.text)
    yield from people(folded, dictionary.initials)


def _days(text: str, dictionary: Dictionary) -> Iterator[Hit]:
    """Exact dates; also a month, where somebody was born in it."""
    for hit, days in dates(text):
        born = next((who for birth, who in dictionary.births for day in days if birth.may_be(day)), None)
        if born is not None:
            yield replace(hit, rule=born.sort, why=f"This looks like {born.what}.", certain=True, rank=3)
        elif hit.why:
            yield hit


def merged(text: str, hits: Iterable[Hit]) -> Iterator[Hit]:
    """One hit for each place: what overlaps, or is part of one name, becomes one, in the words of what is surest."""
    current: Hit | None = None
    for hit in sorted((_trimmed(text, hit) for hit in hits), key=lambda hit: (hit.start, -hit.end, -hit.rank)):
        if current is None:
            current = hit
        elif hit.start < current.end or _same_name(text, current, hit):
            current = _both(current, hit)
        else:
            yield current
            current = hit
    if current is not None:
        yield current


def _trimmed(text: str, hit: Hit) -> Hit:
    words = text[hit.start : hit.end]
    start = hit.start + len(words) - len(words.lstrip())
    return replace(hit, start=start, end=max(start, hit.start + len(words.rstrip(" \n,"))))


def _same_name(text: str, before: Hit, after: Hit) -> bool:
    return (
        before.rule == after.rule
        and before.rule in ("name", "capital")
        and set(text[before.end : after.start]) <= BETWEEN_PARTS
    )


def _both(one: Hit, other: Hit) -> Hit:
    surest = max(one, other, key=lambda hit: (hit.rank, hit.end - hit.start))
    return replace(surest, start=min(one.start, other.start), end=max(one.end, other.end))
