"""The keys with which tests seal: invented, and used for nothing else."""

from __future__ import annotations

import base64

from forms_app.db.keys import WrappingKeys

SEALING_KEYS = ",".join(
    f"{name}:{base64.b64encode(key * 4).decode()}" for name, key in (("tests", b"invented"), ("next", b"imagined"))
)
KEYS = WrappingKeys(SEALING_KEYS)
