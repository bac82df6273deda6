"""What the stub says when it plays a model that writes policies."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def guess(body: Mapping[str, Any], number: int) -> str:
    """A policy of the guessing problem, a function of what was asked; some are no policy."""
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()
    if digest[0] % 8 == 0:
        return "I would rather not."
    scale, shift = digest[1] / 256 + 0.3, round(digest[2] / 2560, 3)
    return (
        f"Shrink by {scale:.2f}.\n\n```python\n"
        f"def guess(last):\n    return {scale:.3f} * last + {shift}\n```\n"
    )
