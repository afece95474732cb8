"""Where the templates of documents are, and how their blanks are filled: escaped, in a sandbox, none left empty."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from forms_app.documents.catalogue import Kind
from forms_app.documents.contexts import Heading, Value
from forms_app.documents.faults import DocumentFault
from forms_app.documents.printed_charts import charts_of
from forms_app.documents.wording import shown

FOLDER = Path(__file__).resolve().parents[2] / "document_templates"

IDENTIFIED = "Contains personal information: keep it on the file of the person whom it is about, and share it only with those who need it."
DEIDENTIFIED = "De-identified: no child, family member or practitioner is named."
IDENTIFIED_ONCE_FILLED_IN = (
    "Once filled in, this contains personal information: keep it on the file of the person whom it is about, "
    "and share it only with those who need it."
)
DEIDENTIFIED_WHEN_FILLED_IN = (
    "To be de-identified: write nothing here by which a child, family member or practitioner could be known."
)


def environment(put: Callable[[str], str]) -> Environment:
    """Fills blanks with escaped text, which `put` turns into the markup of the format."""

    def filled(value: object) -> object:
        if isinstance(value, Markup | StrictUndefined):
            return value
        return Markup(put(str(escape(shown(value)))))  # noqa: S704 (escaped just here)

    return ImmutableSandboxedEnvironment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=filled,
        loader=FileSystemLoader(FOLDER),
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def blanks(kind: Kind, context: Value) -> dict[str, object]:
    """What a template may name: the fields of the context, the title of the kind, what may be done with the document, its charts."""
    fields = {name: getattr(context, name) for name in type(context).model_fields}
    return {**fields, "title": fields["heading"].title, "sharing": sharing(kind), "charts": charts_of(context)}


def sharing(kind: Kind) -> str:
    """What may be done with a document of this kind."""
    if kind.is_blank:
        return IDENTIFIED_ONCE_FILLED_IN if kind.identified else DEIDENTIFIED_WHEN_FILLED_IN
    return IDENTIFIED if kind.identified else DEIDENTIFIED


def heading(context: Value) -> Heading:
    """What stands at the top of every document. Raises DocumentFault for a value that is not a document's."""
    found = getattr(context, "heading", None)
    if not isinstance(found, Heading):
        raise DocumentFault(f"A {type(context).__name__} is not the context of a document: it has no heading.")
    return found
