"""Few glob patterns for many names: a submission takes no more than some hundred."""

import glob
from collections.abc import Collection


def globs(chosen: Collection[str], names: Collection[str]) -> list[str]:
    """Patterns that match exactly the chosen ones of dotted names; whole subtrees become one pattern each."""
    wanted = frozenset(chosen)
    return sorted(_below("", wanted, sorted(names)))


def _below(prefix: str, wanted: frozenset[str], names: Collection[str]) -> list[str]:
    here = [name for name in names if name.startswith(prefix)]
    if here and wanted.issuperset(here):
        return [f"{glob.escape(prefix)}*"]
    found = [glob.escape(name) for name in here if name in wanted and "." not in name[len(prefix) :]]
    branches = dict.fromkeys(
        f"{prefix}{name[len(prefix) :].partition('.')[0]}." for name in here if "." in name[len(prefix) :]
    )
    for branch in branches:
        found.extend(_below(branch, wanted, here))
    return found
