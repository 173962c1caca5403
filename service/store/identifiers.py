"""Public identifiers: short, random, in order of time, and telling what they name."""

import secrets
import time
from typing import Literal

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no i, l, o, u, so that an identifier survives being read aloud."""

TIME_BITS = 45
RANDOM_BITS = 55
LENGTH = (TIME_BITS + RANDOM_BITS) // 5


def identifier(prefix: Literal["dg", "rn"]) -> str:
    """A new identifier, e.g. `dg_` and 20 characters: 45 bits of milliseconds, then 55 random ones."""
    milliseconds = time.time_ns() // 1_000_000 % (1 << TIME_BITS)
    number = milliseconds << RANDOM_BITS | secrets.randbits(RANDOM_BITS)
    digits = [ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH))]
    return f"{prefix}_{''.join(digits)}"
