"""Finds what stands in a dictionary, however it is spelt: joined, taken apart, disguised, or with a typing error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from forms_app.deidentification.dictionary import Dictionary, Sort, Term
from forms_app.deidentification.folding import Folded, Token
from forms_app.deidentification.hits import Hit
from forms_app.deidentification.words import is_ordinary

BETWEEN = 3
"""Characters that may stand between two letters of one name."""
AS_LETTERS = (str.maketrans("013457", "oleast"), str.maketrans("013457", "oieast"))
AS_DIGITS = str.maketrans("oil", "011")
MISSPELT_FROM, MISSPELT_TWICE_FROM = 5, 9
"""Letters that a word must have to be recognised with one typing error, and with two."""
MOST_WORDS = 12
"""Words side by side that are recognised with a typing error."""
PHRASE_FROM, PHRASE_TWICE_FROM = 8, 16


class Matcher:
    """The terms of one dictionary, arranged so that a text is read once."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._exact = {term.compact: term for term in dictionary.terms}
        for term in dictionary.terms:
            if term.of.sort is Sort.NAME and not is_ordinary(f"{term.compact}s"):
                self._exact.setdefault(f"{term.compact}s", term)
        self._beginnings = {whole[:length] for whole in self._exact for length in range(1, len(whole) + 1)}
        self._words: dict[int, list[str]] = defaultdict(list)
        self._phrases: dict[int, list[str]] = defaultdict(list)
        for term in dictionary.terms:
            if not term.compact.isdigit() and term.of.sort is not Sort.REFERENCE:
                (self._words if term.words == 1 else self._phrases)[len(term.compact)].append(term.compact)
        self._widest = min(MOST_WORDS, 1 + max((term.words for term in dictionary.terms), default=0))
        self._misspelt: dict[tuple[str, bool], Term | None] = {}

    def hits(self, folded: Folded) -> Iterator[Hit]:
        tokens = folded.tokens()
        for number in range(len(tokens)):
            for last, term in self._terms_from(folded, tokens, number):
                yield _hit(tokens[number], tokens[last], term)

    def _terms_from(self, folded: Folded, tokens: Sequence[Token], number: int) -> Iterator[tuple[int, Term]]:
        readings, whole = {""}, ""
        for last in range(number, len(tokens)):
            if last > number and not _next_to(folded, tokens[last - 1], tokens[last]):
                return
            token = tokens[last]
            readings = {
                begun + reading
                for begun in readings
                for reading in _readings(token.word)
                if begun + reading in self._beginnings
            }
            whole += token.word
            window = tokens[number : last + 1]
            found = next((self._exact[each] for each in sorted(readings) if each in self._exact), None)
            if found is None and len(window) <= self._widest:
                found = self._misspelt_term(whole, window)
            if found is not None and _is_it(folded, window, found):
                yield last, found
            if not readings and len(window) >= self._widest:
                return

    def _misspelt_term(self, whole: str, window: Sequence[Token]) -> Term | None:
        several = len(window) > 1
        if (whole, several) not in self._misspelt:
            near = self._nearest_phrase(whole) if several else self._nearest_word(whole)
            self._misspelt[whole, several] = None if near is None else self._exact[near]
        term = self._misspelt[whole, several]
        if (
            term is None
            or abs(term.words - len(window)) > 1
            or (several and not _is_tight(whole, window, term.compact))
        ):
            return None
        return term

    def _nearest_word(self, word: str) -> str | None:
        if len(word) < MISSPELT_FROM - 1 or word.isdigit() or is_ordinary(word):
            return self._nearest_phrase(word)
        near = _nearest(word, self._words, 1)
        if near is not None and (len(near) >= MISSPELT_FROM or (len(near) == MISSPELT_FROM - 1 and near[0] == word[0])):
            return near
        if len(word) >= MISSPELT_TWICE_FROM:
            near = _nearest(word, self._words, 2)
            if near is not None and near[0] == word[0]:
                return near
        near = _nearest(word[:-1], self._words, 1) if word.endswith("s") and len(word) > MISSPELT_FROM else None
        return near if near is not None else self._nearest_phrase(word)

    def _nearest_phrase(self, words: str) -> str | None:
        if len(words) < PHRASE_FROM:
            return None
        return _nearest(words, self._phrases, 2 if len(words) >= PHRASE_TWICE_FROM else 1)


def _is_tight(whole: str, window: Sequence[Token], wanted: str) -> bool:
    """Whether the words at both ends belong to it: with fewer of them it would be spelt worse."""
    errors = OSA.distance(whole, wanted)
    fewer = (whole[len(window[0].word) :], whole[: -len(window[-1].word)])
    return all(OSA.distance(words, wanted) > errors for words in fewer)


def _nearest(word: str, by_length: dict[int, list[str]], errors: int) -> str | None:
    lengths = range(len(word) - errors, len(word) + errors + 1)
    near = [each for length in lengths for each in by_length.get(length, ())]
    found = process.extractOne(word, near, scorer=OSA.distance, score_cutoff=errors)
    return None if found is None else found[0]


def _readings(word: str) -> Sequence[str]:
    """What a token may stand for: 0 for o and 1 for l or i in a word, and the other way round in a number."""
    if word.isalpha() and len(word) > 1:
        return (word,)
    if word.isdigit() and len(word) > 1:
        return (word,)
    return tuple({word, *(word.translate(letters) for letters in AS_LETTERS), word.translate(AS_DIGITS)})


def _next_to(folded: Folded, before: Token, after: Token) -> bool:
    between = folded.text[before.end : after.start]
    return len(between) <= BETWEEN and between.count("\n") < 2 and not {"?", "!", ";"} & set(between)


def _is_it(folded: Folded, tokens: Sequence[Token], term: Term) -> bool:
    """Whether the words stand for the term, and are not ordinary ones that only happen to be spelt so."""
    if tokens[-1].word == "s" and len(tokens) > 1 and not term.compact.endswith("s"):
        return False
    if len(tokens) != term.words and len(tokens) > 1:
        one_letter_each = all(len(token.word) == 1 for token in tokens)
        if not one_letter_each and all(len(token.word) == 1 or is_ordinary(token.word) for token in tokens):
            return False
    return not term.capital or folded.text[tokens[0].start].isupper()


def _hit(first: Token, last: Token, term: Term) -> Hit:
    why = f"This could be {term.of.what}, or an ordinary word." if term.capital else f"This looks like {term.of.what}."
    return Hit(
        first.start,
        last.end,
        term.of.sort,
        why,
        term.of.instead,
        certain=not term.capital,
        rank=2 if term.capital else 4 if term.words > 1 else 3,
    )
