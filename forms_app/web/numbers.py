"""The pages of the Board's numbers, for those who see no more than these, and for its office."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask import Blueprint, abort, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from forms_app.documents.charts import chart_of
from forms_app.documents.printable import unprintable
from forms_app.documents.spreadsheet import Cell as SheetCell
from forms_app.documents.spreadsheet import write_sheets
from forms_app.domain.access import May
from forms_app.domain.comma_separated import write_rows
from forms_app.domain.numbers import Numbers, Table
from forms_app.domain.periods import Period
from forms_app.domain.suppression import SMALLEST
from forms_app.forms.numbers import KEPT, OTHERWISE, note_form
from forms_app.services.explaining import explain as explain_table
from forms_app.services.explaining import table_to_explain
from forms_app.services.numbers import numbers_for, numbers_to_take_away, periods_counted
from forms_app.services.scanning import CheckFailed, StillIdentifies
from forms_app.web.access import open_to
from forms_app.web.downloads import as_download
from forms_app.web.rendering import show
from forms_app.web.sessions import signed_in_person, workshop

FIRST = "What is counted"
COLUMNS = ("Table", "Line", "Column", "Figure")
"""Of a CSV file with every table, one figure a line."""
SAID = {"explained": "What explains the table was saved.", "emptied": "Nothing explains the table now."}

blueprint = Blueprint("numbers", __name__, url_prefix="/numbers")


@blueprint.get("")
@open_to(May.SEE_NUMBERS)
def begun() -> str:
    with workshop().reading() as work:
        years = periods_counted(work, by=signed_in_person().id)
    return render_template("numbers/begun.html", years=years, smallest=SMALLEST, heading="Numbers")


@blueprint.get("/<period>")
@open_to(May.SEE_NUMBERS)
def one(period: str) -> tuple[str, int]:
    of = _period(period)
    with workshop().reading() as work:
        found = numbers_for(work, by=signed_in_person().id, period=of)
    charts = {table.id: Markup(chart) for table in found.tables if (chart := chart_of(table))}  # noqa: S704  # made of escaped words
    return show(
        "numbers/one.html",
        numbers=found,
        charts=charts,
        said=SAID.get(request.args.get("said", "")),
        of_table=request.args.get("table", ""),
        smallest=SMALLEST,
        heading=f"Numbers of {of.title}",
    )


@blueprint.get("/<period>/<table_id>.svg")
@open_to(May.SEE_NUMBERS)
def chart(period: str, table_id: str) -> Response:
    with workshop().writing() as work:
        table = _table(numbers_to_take_away(work, by=signed_in_person().id, period=_period(period)), table_id)
    drawing = chart_of(table)
    if drawing is None:
        abort(404)
    return as_download(f"numbers-{period}-{table.id}.svg", drawing.encode())


@blueprint.get("/<period>/<table_id>.<any(csv, xlsx):file_format>")
@open_to(May.SEE_NUMBERS)
def download(period: str, table_id: str, file_format: str) -> Response:
    """One table, or as `all` every one."""
    with workshop().writing() as work:
        found = numbers_to_take_away(work, by=signed_in_person().id, period=_period(period))
    if table_id != "all":
        table = _table(found, table_id)
        sheets = [(table.title, (FIRST, *table.columns), list(_lines(table)))]
    elif file_format == "csv":
        sheets = [("Numbers", COLUMNS, list(_figures(found)))]
    else:
        sheets = [(table.title, (FIRST, *table.columns), list(_lines(table))) for table in found.tables]
    if file_format == "csv":
        _, columns, lines = sheets[0]
        content = write_rows(columns, ([str(cell) for cell in line] for line in lines))
    else:
        content = write_sheets(sheets)
    return as_download(f"numbers-{period}-{table_id}.{file_format}", content)


@blueprint.route("/<period>/<table_id>/note", methods=["GET", "POST"])
@open_to(May.EXPLAIN_NUMBERS)
def explain(period: str, table_id: str) -> Response | tuple[str, int]:
    of, by = _period(period), signed_in_person().id
    with workshop().reading() as work:
        table = table_to_explain(work, by=by, period=of, table_id=table_id)
    shown = {"table": table, "period": of, "heading": "Explain a table", "caption": f"{table.title}, {of.title}"}
    if request.method == "GET":
        given = {"text": table.note}
        return show(
            "numbers/note.html",
            note_form(unprintable=unprintable, found=False)(data=given),
            found=(),
            stamp="",
            **shown,
        )
    stamp = request.form.get("found", "")
    form = note_form(unprintable=unprintable, found=bool(stamp))(request.form)
    if not form["text"].validate(form):
        return show("numbers/note.html", form, found=(), stamp=stamp, **shown)
    seen = stamp if KEPT in form and form[KEPT].validate(form) else ""
    try:
        with workshop().writing() as work:
            explain_table(work, by=by, period=of, table_id=table_id, text=form["text"].data, seen=seen)
    except StillIdentifies as refused:
        again = note_form(unprintable=unprintable, found=True)(request.form)
        again[KEPT].errors = [OTHERWISE]
        return show("numbers/note.html", again, found=refused.found, stamp=refused.stamp, **shown)
    except CheckFailed as refused:
        form["text"].errors = [str(refused)]
        return show("numbers/note.html", form, found=(), stamp=stamp, **shown)
    said = "explained" if form["text"].data else "emptied"
    # A page of many tables: it is said where the table is.
    there = url_for("numbers.one", period=of.code, said=said, table=table_id, _anchor=f"{table_id}-heading")
    return redirect(there, 303)


def _period(code: str) -> Period:
    return Period.read(code) or abort(404)


def _table(numbers: Numbers, table_id: str) -> Table:
    return next((each for each in numbers.tables if each.id == table_id and not each.missing), None) or abort(404)


def _lines(table: Table) -> Iterator[Sequence[SheetCell]]:
    """As on the page; a number is a number where it is one of escalations or days."""
    for row in table.rows:
        yield [", ".join(row.labels), *(cell.as_figure for cell in row.cells)]
    if table.missing:
        yield [table.missing]
    else:
        yield [table.explanation]


def _figures(numbers: Numbers) -> Iterator[Sequence[SheetCell]]:
    for table in numbers.tables:
        for row in table.rows:
            for column, cell in zip(table.columns, row.cells, strict=True):
                yield [table.title, ", ".join(row.labels), column, cell.as_figure]
        yield [table.title, "", "Explanation", table.missing or table.explanation]
