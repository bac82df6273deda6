"""What a trip to the sandbox looks like in the two shared memory files.

Request: HEAD (sequence number, number of calls), then per call an ENTRY and its messages.
Reply: HEAD (sequence number, index of the call being served), then per call, at a fixed stride, a
STATUS and its content: the answer's message when the status is OK, else a text.

Both sides of the sandbox load this file.
"""

from __future__ import annotations

import struct
from enum import IntEnum

from evaluators.sandbox.leaf import padded
from evaluators.sandbox.wire import SignatureLayout

HEAD = struct.Struct("<QQ")
ENTRY = struct.Struct("<QQQ")  # episode, bytes of `given` (0: it has begun), bytes of observation
STATUS = struct.Struct("<QQ")  # status, bytes of content
SOURCE = struct.Struct("<Q")  # bytes of the policy's source, in the request before the first trip
TEXT_BYTES = 2000


class Status(IntEnum):
    """How a call, or loading the policy, ended in the child."""

    OK = 0
    INVALID_ACTION = 1
    CRASH = 2
    MEMORY = 3
    FORBIDDEN_IMPORT = 4
    NO_ENTRY = 5
    SYNTAX = 6


def reply_stride(layout: SignatureLayout) -> int:
    """Bytes of one call's place in the reply."""
    return STATUS.size + padded(max(layout.action.max_bytes, TEXT_BYTES))


def reply_bytes(layout: SignatureLayout, num_episodes: int) -> int:
    """Size of the reply file."""
    return HEAD.size + num_episodes * reply_stride(layout)


def request_bytes(layout: SignatureLayout, num_episodes: int, source: bytes) -> int:
    """Size of the request file."""
    call = ENTRY.size + layout.given.max_bytes + layout.observation.max_bytes
    return max(HEAD.size + num_episodes * call, SOURCE.size + len(source))
