"""Every example as it is issued, each made once."""

from __future__ import annotations

from functools import cache

from forms_app.documents.catalogue import KINDS
from forms_app.documents.issue import Issued, issue
from tests.documents.examples import CONTENTS

EVERY = [(content, code) for content in CONTENTS for code in KINDS]


@cache
def issued(content: str, code: str) -> Issued:
    return issue(code, CONTENTS[content][code])
