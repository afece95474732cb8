"""Which words are ordinary ones in what professionals write of their work, and which of those are names too."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files

ENDINGS = ("'s", "s", "es", "ed", "d", "ing", "ly", "er", "r", "ment", "n't", "ness")
PREFIXES = ("un", "re", "non", "over", "under", "pre", "multi", "dis", "mis")
SHORTEST = 3


def listed(name: str) -> frozenset[str]:
    """The words of one of the files beside this one."""
    return frozenset((files(__package__) / f"{name}.txt").read_text("utf-8").split())


@lru_cache(maxsize=20_000)
def is_ordinary(word: str) -> bool:
    """Whether a word in small letters is one that anybody uses."""
    known = _ordinary()
    if word in known or word in _also_names():
        return True
    return any(stem in known for stem in _stems(word)) or any(
        word.startswith(prefix) and len(word) - len(prefix) > SHORTEST and is_ordinary(word[len(prefix) :])
        for prefix in PREFIXES
    )


def is_also_a_name(word: str) -> bool:
    return word in _also_names()


def _stems(word: str) -> set[str]:
    """What the word may have been before its ending."""
    stems = {word.removesuffix(ending) for ending in ENDINGS if word.endswith(ending)}
    stems |= {f"{stem}e" for stem in stems} | {f"{stem[:-1]}y" for stem in stems if stem.endswith("i")}
    stems |= {stem[:-1] for stem in stems if stem[-2:-1] == stem[-1:]}
    return {stem for stem in stems if len(stem) >= SHORTEST}


@cache
def _ordinary() -> frozenset[str]:
    return listed("ordinary")


@cache
def _also_names() -> frozenset[str]:
    return listed("also_names")
