"""The pages of the Board's numbers, for those who see no more than these, and for its office."""

from __future__ import annotations

from flask import Blueprint, render_template

from forms_app.domain.access import May
from forms_app.domain.suppression import SMALLEST
from forms_app.services.numbers import periods_counted
from forms_app.web.access import open_to
from forms_app.web.sessions import signed_in_person, workshop

blueprint = Blueprint("numbers", __name__)


@blueprint.get("/numbers")
@open_to(May.SEE_NUMBERS)
def begun() -> str:
    with workshop().reading() as work:
        years = periods_counted(work, by=signed_in_person().id)
    return render_template("numbers/begun.html", years=years, smallest=SMALLEST, heading="Numbers")
