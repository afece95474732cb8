"""The keys with which tests seal: invented, and used for nothing else."""

from __future__ import annotations

import base64

from forms_app.db.keys import WrappingKeys

SEALING_KEYS = f"tests:{base64.b64encode(b'invented' * 4).decode()}"
KEYS = WrappingKeys(SEALING_KEYS)
