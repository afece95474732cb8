"""Where a download is refused to somebody of the Board's office who has had all of a day."""

from __future__ import annotations

from collections.abc import Callable

from flask import render_template

from forms_app.services.download_budget import LeftToday
from forms_app.services.work import Work
from forms_app.web.sessions import poke, workshop

TOO_MANY = 429


def over_budget(take: Callable[[Work], LeftToday | None]) -> tuple[str, int] | None:
    """The page for somebody who can download no more today; None where there is room, and it is taken.

    It comes before the download, in a transaction of its own: that somebody was refused stays noted, and what is counted is never
    less than what left.
    """
    with workshop().writing() as work:
        left = take(work)
    if left is None:
        return None
    poke()
    page = render_template("sets/spent.html", left=left, heading="You cannot download this today")
    return page, TOO_MANY
