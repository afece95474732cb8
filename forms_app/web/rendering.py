"""What templates can use: the GOV.UK components, dates as people write them, and the parts of a form."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, render_template, request, url_for
from jinja2 import ChainableUndefined, Environment, PackageLoader, StrictUndefined
from wtforms import Form

from forms_app.domain.working_days import spell_date, spell_time
from forms_app.web import fields

SHOWN_AGAIN = 422
CONFLICT = 409
"""Somebody else did something meanwhile, which the page says."""
COMPONENTS = (
    "back-link", "button", "character-count", "checkboxes", "date-input", "error-message", "file-upload", "hint", "input", "label",
    "panel", "radios", "service-navigation", "skip-link", "tag", "task-list", "textarea", "warning-text",
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Our own templates are strict: a name that nobody gave them is an error."""
    jinja = app.jinja_env
    jinja.undefined = StrictUndefined
    jinja.trim_blocks = True
    jinja.lstrip_blocks = True
    jinja.globals.update(
        govuk=_govuk_components(),
        asset=_asset(Path(app.static_folder or "")),
        problems_of=fields.problems_of,
        shown=fields.shown,
        label_of=fields.label_of,
        fieldset_of=fields.fieldset_of,
        hint_of=fields.hint_of,
        fault_of=fields.fault_of,
        items_of=fields.items_of,
        date_parts=fields.date_parts,
        is_chosen=fields.is_chosen,
    )
    jinja.filters.update(day=spell_date, moment=spell_time, for_textarea=fields.for_textarea)


def show(template: str, form: Form | None = None, **context: Any) -> tuple[str, int]:
    """The page, with the answer 422 when its form has faults."""
    status = SHOWN_AGAIN if form is not None and form.errors else 200
    return render_template(template, form=form, **context), status


def page_number() -> int:
    """Which page of a list the address asks for; the first where it asks for none that there could be."""
    number = request.args.get("page", "1")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1


class _Components:
    """`govuk.button({…})` is the macro govukButton, loaded once."""

    def __init__(self, environment: Environment) -> None:
        for name in COMPONENTS:
            module = environment.get_template(f"govuk_frontend_jinja/components/{name}/macro.html").module
            macro = "govuk" + "".join(part.capitalize() for part in name.split("-"))
            setattr(self, name.replace("-", "_"), getattr(module, macro))


@cache
def _govuk_components() -> _Components:
    # An environment of their own: these macros ask for parameters that nobody gave, which our templates may not.
    environment = Environment(
        autoescape=True, undefined=ChainableUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    environment.loader = _UnderItsName("govuk_frontend_jinja")
    return _Components(environment)


class _UnderItsName(PackageLoader):
    """Finds `govuk_frontend_jinja/…`, as the macros call each other, in the package of that name."""

    def get_source(self, environment: Environment, template: str) -> Any:
        return super().get_source(environment, template.removeprefix(f"{self.package_name}/"))


def _asset(folder: Path) -> Any:
    @cache
    def version(name: str) -> str:
        file = folder / name
        return hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else "none"

    def asset(name: str) -> str:
        """The address of a static file, which changes with its content so that a browser may keep it for ever."""
        return url_for("static", filename=name, v=version(name))

    return asset
