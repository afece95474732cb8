"""A character that cannot be printed is named where it is typed, and only such a one."""

from __future__ import annotations

import unicodedata

import pytest
from markupsafe import escape

from forms_app.documents import pdf
from forms_app.documents.catalogue import KINDS
from forms_app.documents.faults import DocumentFault
from forms_app.documents.issue import issue
from forms_app.documents.printable import alphabet, unprintable
from forms_app.documents.readback import Reader, page_blocks, pdf_pages
from forms_app.documents.wording import folded
from tests.documents.examples import PLAIN

PRINTABLE = {
    "Welsh": "Llŷr Gŵyn o Dŷ Ŵŷn, â ê î ô û ẁ ẃ",
    "Polish": "Zażółć gęślą jaźń, Łódź",
    "Vietnamese": "Nguyễn Thị Ắnh",
    "Yoruba": "Adébáyọ̀ Ọláńrewájú Ṣọlá ẹ́",
    "Lithuanian": "ė̃ l̃ m̃ i̇̀ į́",
    "Greek": "Ελληνικά ώ ᾅ",
    "Cyrillic": "Їжак ё й Ә",
    "accents over letters": "x̂ then x, j̃, f\u0301i, ị́",
    "letters in two parts": "e\u0301 and \u212b and \u2126",
    "smileys": "😀 👍",
    "newer than our tables of characters": "\U0001fa77 \U0001fae9 \U0001faea \U0001f6dc",
    "a family": "👨\u200d👩\u200d👧\u200d👦",
    "skin tones": "👍🏽 👩🏿 👍 👨🏽\u200d⚕️",
    "flags": "🇬🇧 🇵🇱 🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
    "hearts of both kinds": "❤️ ❤ ❤️\u200d🔥 🏳️\u200d🌈 👁️\u200d🗨️",
    "keys": "1️⃣ #️⃣",
    "arrows": "→ ⇒ ← ↑ ↔",
    "ticks": "✓ ✔ ☑ ✗ ✘ ☎",
    "currencies": "£ € ¥ ₹ ₺ $",
    "signs": "½ ⅓ ² № ™ © ≤ ≥ ≠ ± × ÷ √ µ μ ° ‰ § ¶",
    "quotation marks and dashes": "‘a’ “b” – — … • ‚ „ « » ʼ",
    "hyphens": "well-being a‐b a‑b",
    "spaces": "a\u00a0b\u2003c\u202fd\te\n\nf",
    "what nobody sees": "co\u00adoperate a\u200bb a\u200cb a\u200db a\u2060b a\ufeffb",
    "marks of direction": "a\u200eb\u200fc",
    "ligatures": "office affluent fjord",
}

UNPRINTABLE = {
    "Arabic": ("name: محمد", "م"),
    "Hebrew": ("שלום", "ש"),
    "Chinese": ("Mr 王", "王"),
    "Hindi": ("हिन्दी", "ह"),
    "Georgian": ("ქართ", "ქ"),
    "override of direction": ("a\u202eb", "\u202e"),
    "isolate of direction": ("a\u2066b", "\u2066"),
    "control": ("a\x07b", "\x07"),
    "form feed": ("a\x0cb", "\x0c"),
    "separator of lines": ("a\u2028b", "\u2028"),
    "private use": ("a\ue000b", "\ue000"),
    "half of a pair": ("a\ud800b", "\ud800"),
    "an accent over a space": ("so \u0301 said", "\u0301"),
    "sans-serif mathematics": ("𝐀 and 𝗔", "𝗔"),
    "hyphenation point": ("a\u2027b", "\u2027"),
    "an accent alone": ("\u0301 said", "\u0301"),
    "a flag of no country": ("🏴\U000e0075\U000e0073\U000e007f", "\U000e0075"),
}


def printed(texts: list[str]) -> None:
    """Prints texts as the page of a document would, checks the PDF and reads it back."""
    paragraphs = "".join(f'<p class="answer">{pdf.put(str(escape(text)))}</p>' for text in texts)
    html, made = pdf.render(
        '<!DOCTYPE html><html lang="en-GB"><head><title>A test</title></head><body><h1>A test</h1>'
        f'<p class="reference">A-1</p>{paragraphs}<p><b>{pdf.put(str(escape(" ".join(texts))))}</b></p></body></html>'
    )
    pdf.validate(made)
    Reader(pdf_pages(made), reference="A-1").read(list(page_blocks(html.etree_element)))


@pytest.mark.parametrize("text", PRINTABLE.values(), ids=PRINTABLE.keys())
def test_what_is_accepted_is_printed_and_reads_back(text: str) -> None:
    assert unprintable(text) is None
    printed([text])


def test_it_reads_back_from_one_document_and_in_both_formats() -> None:
    plain = PLAIN["notice_to_board"]
    context = plain.model_copy(update={"reason": "\n".join([*PRINTABLE.values(), *reversed(PRINTABLE.values())])})

    assert issue("notice_to_board", context).pdf


@pytest.mark.parametrize(("text", "letter"), UNPRINTABLE.values(), ids=UNPRINTABLE.keys())
def test_the_first_character_that_cannot_be_printed_is_named(text: str, letter: str) -> None:
    assert unprintable(text) == letter


@pytest.mark.parametrize(
    "name",
    [
        "Arabic",
        "Chinese",
        "Hindi",
        "Georgian",
        "override of direction",
        "private use",
        "an accent alone",
    ],
)
def test_one_that_slipped_through_is_caught_before_issue(name: str) -> None:
    with pytest.raises(DocumentFault):
        printed([UNPRINTABLE[name][0]])


def test_every_character_that_is_accepted_is_printed_and_reads_back() -> None:
    letters = sorted(letter for letter in alphabet() if folded(letter))

    printed([letter if unicodedata.category(letter) not in {"Mn", "Me"} else f"o{letter}" for letter in letters])


@pytest.mark.parametrize("base", ["a", "i", "j", "Ọ", "α", "и", "1", "("])
def test_every_accent_is_printed_over_any_letter(base: str) -> None:
    accents = sorted(letter for letter in alphabet() if unicodedata.combining(letter))

    printed([base + accent for accent in accents])


def test_a_document_with_such_a_character_is_refused_with_its_place_and_without_the_text() -> None:
    plain = PLAIN["written_confirmation"]
    context = plain.model_copy(update={"outstanding": "Secretly 王"})

    with pytest.raises(DocumentFault, match=r"outstanding has U\+738B") as caught:
        issue(KINDS["written_confirmation"].code, context)

    assert "Secretly" not in str(caught.value)
