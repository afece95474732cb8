"""Nobody but the service says where a page sends people on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.redirects import free_redirects
from tests.architecture.tree import PROJECT

WEB = PROJECT / "forms_app" / "web"
ALLOWED = {
    ("access.py", "where"): "the page of one of two routes, or the one to prove again",
    ("directory.py", "request.path"): "the page itself, which was found",
    ("leaving.py", "Location"): "the setting of those who run the service",
    ("sign_in.py", "path"): "from the session, and only where it is a page of ours",
}


def test_redirects_are_made_from_names_of_routes() -> None:
    assert set(free_redirects(WEB)) == set(ALLOWED), "each exception is still needed, and there is no other"


@pytest.mark.parametrize(
    "source",
    [
        'return redirect(request.args["next"], 303)',
        "return redirect(request.referrer)",
        'return redirect("/" + place)',
        'return redirect(f"/{place}")',
        'return redirect(f"{url_for(place)}//elsewhere")',
        "where = request.form['x']\n    return redirect(where)",
        "return redirect(url_for('x') if place else place)",
        "return redirect(_there(place))",
        'return Response(headers={"Location": place})',
    ],
)
def test_one_that_is_not_is_found(source: str, tmp_path: Path) -> None:
    there = "def _there(place):\n    return place\n\n"
    (tmp_path / "pages.py").write_text(f"{there}def view(place):\n    {source}\n")

    assert list(free_redirects(tmp_path))


@pytest.mark.parametrize(
    "source",
    [
        'return redirect(url_for("x"), 303)',
        'return redirect(f"{url_for(place)}#top")',
        "where = url_for('x') if place else None\n    return redirect(where or url_for('y'))",
        "return redirect(_there(place))",
    ],
)
def test_one_that_is_passes(source: str, tmp_path: Path) -> None:
    there = "def _there(place):\n    return url_for(place)\n\n"
    (tmp_path / "pages.py").write_text(f"{there}def view(place):\n    {source}\n")

    assert list(free_redirects(tmp_path)) == []
