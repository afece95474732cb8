"""The check of every page finds what it is there to find."""

from __future__ import annotations

import pytest

from tests.web.page_check import faults_of_page

GOOD = """<!DOCTYPE html>
<html lang="en-GB"><head><title>Sign in – Escalations</title><script type="module" src="/static/site.js"></script></head>
<body><main id="main-content"><h1>Sign in</h1><a href="#main-content">Skip</a>
<form method="post"><input type="hidden" name="csrf_token" value="t">
<label for="email">Address</label><input id="email" name="email" aria-describedby="hint"><p id="hint">Yours</p>
<button>Go</button></form></main></body></html>"""


def test_a_good_page_has_no_faults() -> None:
    assert faults_of_page(GOOD) == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("<!DOCTYPE html>", ""),
        (' lang="en-GB"', ""),
        ("<h1>Sign in</h1>", ""),
        ("<h1>Sign in</h1>", "<h1>Sign in</h1><h1>Again</h1>"),
        ("<title>Sign in", "<title>Welcome"),
        ("<title>Sign in", "<title>Error: Sign in"),
        ("<h1>Sign in</h1>", "<h1>Sign in</h1><h3>Deep</h3>"),
        ('<label for="email">Address</label>', ""),
        ("<button>Go</button>", "<button></button>"),
        ("<button>Go</button>", "<button>Go</button><fieldset></fieldset>"),
        ("<button>Go</button>", "<button>Go</button><img src='/static/x.png'>"),
        ("<button>Go</button>", "<button>Go</button><img src='/pages/1' alt=''>"),
        ("<button>Go</button>", "<button>Go</button><img src='//elsewhere.example/x.png' alt='Page 1'>"),
        ("<button>Go</button>", "<button id='hint'>Go</button>"),
        ('id="hint"', 'id="another"'),
        ('href="#main-content"', 'href="#elsewhere"'),
        ("<button>Go</button>", "<button style='color: red'>Go</button>"),
        ("<button>Go</button>", "<button onclick='go()'>Go</button>"),
        ("<button>Go</button>", "<button>Go</button><script>go()</script>"),
        ("<button>Go</button>", "<button>Go</button><style>p {}</style>"),
        ('src="/static/site.js"', 'src="https://elsewhere.example/site.js"'),
        ('<input type="hidden" name="csrf_token" value="t">', ""),
        ('value="t"', 'value="t" class="None"'),
        ("</main>", "</main><main></main>"),
    ],
)
def test_each_fault_is_found(good: str, bad: str) -> None:
    assert faults_of_page(GOOD.replace(good, bad, 1))


def test_a_form_shown_again_must_say_what_to_put_right() -> None:
    assert faults_of_page(GOOD, shown_again=True)
