"""Reads the texts that are to be released, and names every place that a person has to look at."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from forms_app.deidentification.dictionary import Identifier
from forms_app.deidentification.findings import Finding


def scan(texts: Mapping[str, str], identifiers: Collection[Identifier]) -> tuple[Finding, ...]:
    """Everything found, in the order of the texts and of their words. Raises ScanFailed, and then nothing may leave."""
    return tuple(finding for field, text in texts.items() for finding in _found(field, text, identifiers))


def _found(field: str, text: str, identifiers: Collection[Identifier]) -> Iterator[Finding]:
    for each in identifiers:
        for match in re.finditer(re.escape(each.text), text, re.IGNORECASE):
            yield Finding(field, match.start(), match.end(), match[0], each.sort, f"This looks like {each.what}.")
