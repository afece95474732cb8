"""Sentences in which everything that identifies somebody is marked, and how much of that a scan finds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from forms_app.deidentification.dictionary import Identifier
from forms_app.deidentification.findings import Finding
from forms_app.deidentification.scan import RULES, Rule, scan

MARK = re.compile(r"\[\[(\w+)\|([^\]]*)\]\]")
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Label:
    kind: str
    start: int
    end: int
    spelling: str = "as written"


@dataclass(frozen=True)
class Sentence:
    text: str
    labels: tuple[Label, ...]
    identifiers: tuple[Identifier, ...]


@dataclass(frozen=True)
class Verdict:
    """What became of one label: found when nothing of it is left to read."""

    kind: str
    spelling: str
    sentence: str
    words: str
    found: bool


def marked(line: str, identifiers: tuple[Identifier, ...]) -> Sentence:
    """A line of a file, with its marks taken out."""
    text, labels, place = "", [], 0
    for mark in MARK.finditer(line):
        text += line[place : mark.start()]
        labels.append(Label(mark[1], len(text), len(text) + len(mark[2])))
        text, place = text + mark[2], mark.end()
    return Sentence(text + line[place:], tuple(labels), identifiers)


def lines_of(name: str) -> list[str]:
    return [line for line in (HERE / name).read_text("utf-8").splitlines() if line]


def verdicts(sentences: Iterable[Sentence], rules: Sequence[Rule] = RULES) -> Iterator[Verdict]:
    for sentence in sentences:
        findings = scan({"text": sentence.text}, sentence.identifiers, rules)
        for label in sentence.labels:
            words = sentence.text[label.start : label.end]
            yield Verdict(label.kind, label.spelling, sentence.text, words, _is_found(sentence.text, label, findings))


def _is_found(text: str, label: Label, findings: Iterable[Finding]) -> bool:
    covered = {place for finding in findings for place in range(finding.start, finding.end)}
    return all(place in covered for place in range(label.start, label.end) if text[place].isalnum())


def recall(found: Iterable[Verdict]) -> float:
    all_of_them = list(found)
    return sum(verdict.found for verdict in all_of_them) / len(all_of_them)
