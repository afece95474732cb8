"""A form is taken from our own pages alone."""

from __future__ import annotations

import pytest

from tests.web.conftest import Site

ADA = "ada@invented.example"
OURS = "http://escalations.example"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": OURS}, 403),
        ({"Origin": OURS}, 303),
        ({"Origin": "null"}, 303),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": f"{OURS}.elsewhere.example"}, 403),
        ({}, 303),
    ],
)
def test_a_form_from_elsewhere_is_refused_although_its_token_is_right(
    headers: dict[str, str], status: int, site: Site
) -> None:
    ada = site.signed_in(ADA)

    answer = ada.post_as_it_is("/your-emails", {"csrf_token": ada.token(), "language": "cy"}, headers=headers)

    assert answer.status_code == status
    assert site.person(ADA).language == ("cy" if status == 303 else "en")


def test_a_form_without_its_token_is_refused_although_it_comes_from_our_page(site: Site) -> None:
    ada = site.signed_in(ADA)

    assert ada.post_as_it_is("/your-emails", {"language": "cy"}).status_code == 403
    assert site.person(ADA).language == "en"
