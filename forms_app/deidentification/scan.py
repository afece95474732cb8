"""Reads the texts that are to be released, and names every place that a person has to look at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

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
ONE_NAME = frozenset({"name", "capital"})
"""The rules whose hits, side by side, are the parts of one name."""
BETWEEN_PARTS = frozenset(" -'.")


@dataclass(frozen=True, slots=True)
class Known:
    """What the records of the escalation hold."""

    dictionary: Dictionary
    matcher: Matcher


Rule = Callable[[Folded, Known], Iterable[Hit]]


def recorded(folded: Folded, known: Known) -> Iterable[Hit]:
    return known.matcher.hits(folded)


def days(folded: Folded, known: Known) -> Iterator[Hit]:
    """Exact dates; also a month, where somebody was born in it."""
    for hit, meant in dates(folded.text):
        born = next((who for birth, who in known.dictionary.births for day in meant if birth.may_be(day)), None)
        if born is not None:
            yield replace(hit, rule=born.sort, why=f"This looks like {born.what}.", certain=True, rank=3)
        elif hit.why:
            yield hit


def how_old(folded: Folded, _: Known) -> Iterable[Hit]:
    return ages(folded.text)


def numbered(folded: Folded, _: Known) -> Iterable[Hit]:
    return numbers(folded.text)


def where(folded: Folded, _: Known) -> Iterable[Hit]:
    return places(folded.text)


def on_the_internet(folded: Folded, _: Known) -> Iterable[Hit]:
    return online(folded.text)


def who(folded: Folded, known: Known) -> Iterable[Hit]:
    return people(folded, known.dictionary.initials)


RULES: tuple[Rule, ...] = (recorded, days, how_old, numbered, where, on_the_internet, who)


def scan(
    texts: Mapping[str, str], identifiers: Collection[Identifier], rules: Sequence[Rule] = RULES
) -> tuple[Finding, ...]:
    """Everything found, in the order of the texts and of their words. Raises ScanFailed, and then nothing may leave."""
    if sum(map(len, texts.values())) > LONGEST:
        raise ScanFailed(f"These texts have more than {LONGEST:,} characters.")
    try:
        dictionary = dictionary_of(identifiers)
        known = Known(dictionary, Matcher(dictionary))
        return tuple(finding for field, text in texts.items() for finding in _findings(field, text, known, rules))
    except Exception as fault:  # noqa: BLE001  whatever it is, the texts have not been read
        # Its own words may repeat the text.
        raise ScanFailed(f"The scan could not read these texts ({type(fault).__name__}).") from None


def _findings(field: str, text: str, known: Known, rules: Sequence[Rule]) -> Iterator[Finding]:
    folded = fold(text)
    for hit in _merged(folded.text, (hit for rule in rules for hit in rule(folded, known))):
        start, end = folded.as_typed(hit.start, hit.end)
        whose = "’s" if hit.suggestion and folded.text[: hit.end].endswith("'s") else ""
        yield Finding(field, start, end, text[start:end], hit.rule, hit.why, f"{hit.suggestion}{whose}", hit.certain)


def _merged(text: str, hits: Iterable[Hit]) -> Iterator[Hit]:
    """One hit for each place: what overlaps, or is part of one name, becomes one, in the words of what is surest."""
    current: Hit | None = None
    trimmed = (hit for each in hits if (hit := _trimmed(text, each)).start < hit.end)
    for hit in sorted(trimmed, key=lambda hit: (hit.start, -hit.end, -hit.rank)):
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
    between = text[before.end : after.start]
    return before.rule == after.rule and before.rule in ONE_NAME and set(between) <= BETWEEN_PARTS


def _both(one: Hit, other: Hit) -> Hit:
    surest = max(one, other, key=lambda hit: (hit.rank, hit.end - hit.start))
    return replace(surest, start=min(one.start, other.start), end=max(one.end, other.end))
