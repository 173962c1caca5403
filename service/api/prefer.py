"""The header `Prefer` (RFC 7240), of which `wait` is honoured."""

import re

WAIT_SECONDS = 60
"""Longest wait: proxies commonly give up on a silent connection soon after."""
PREFERENCE = re.compile(
    r'\s*(?P<name>[^\s=;,"]+)\s*(?:=\s*(?:"(?P<quoted>[^"]*)"|(?P<token>[^\s;,"]*)))?\s*(?:;[^,]*)?(?:,|$)'
)


def wait(header: str) -> int | None:
    """Seconds that the client wants to wait, at most WAIT_SECONDS; None where it does not ask.

    Of preferences given twice the first counts, and what cannot be read is ignored: the RFC's rules.
    """
    for match in PREFERENCE.finditer(header):
        if match["name"].lower() == "wait":
            value = match["quoted"] or match["token"] or ""
            readable = value.isascii() and value.isdigit()
            return min(int(value[:9]), WAIT_SECONDS) if readable else None
    return None
