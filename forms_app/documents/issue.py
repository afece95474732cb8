"""Issues a document: one context in, the bytes of its files out, proved to say what was recorded, or nothing."""

from __future__ import annotations

import unicodedata

from forms_app.documents import pdf, web_version, word
from forms_app.documents.catalogue import Issued, Kind, kind_of
from forms_app.documents.contexts import Context, Value
from forms_app.documents.faults import DocumentFault
from forms_app.documents.printable import unprintable
from forms_app.documents.wording import said


def issue(kind_code: str, context: Context, layout: bytes | None = None) -> Issued:
    """Makes and checks the files, in this process. `layout` is a Board's own Word template.

    Raises DocumentFault, with a sentence that holds nothing a person typed, when anything at all is wrong.
    """
    kind = kind_of(kind_code)
    admit(kind, context)
    source = pdf.filled(kind, context)
    return Issued(
        docx=word.make(kind, context, layout),
        pdf=pdf.proved(kind, context, source),
        page=web_version.make(kind, context, source),
    )


def admit(kind: Kind, context: Value) -> None:
    """Raises DocumentFault for a context of another kind, and for a character that cannot be printed."""
    if not isinstance(context, kind.context):
        raise DocumentFault(
            f"A {kind.code} is made from a {kind.context.__name__}, not from a {type(context).__name__}."
        )
    for text in said(context):
        if letter := unprintable(text.text):
            name = unicodedata.name(letter, "a character without a name")
            raise DocumentFault(
                f"{kind.title} cannot be printed: {text.place} has U+{ord(letter):04X} ({name}), which our fonts do not have. "
                "Write it in another way."
            )
