"""Which program stands in which part: the one that rules are tuned on, or the one that is opened once per release.

The table is written once per release, before any rule is asked about a program that is new in it. What was held out
before has been opened, and is tuned on from then on.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

from benchmarks.accuracy.configuration import Configuration

Part = Literal["tune", "held-out"]
PARTS: tuple[Part, Part] = ("tune", "held-out")
TABLE = Path(__file__).with_name("split.json")


def part_of(program: str) -> Part:
    """The part that a program stands in; a KeyError where it was never written down."""
    return _table()[program]


def next_table(seen: Iterable[Configuration], new: Iterable[Configuration]) -> dict[str, Part]:
    """The table of the next release: what was there is tuned on, programs that are new are held out."""
    known = {configuration.program for configuration in seen}
    programs: dict[str, Part] = dict.fromkeys(known, "tune")
    for configuration in new:
        if configuration.program in known:
            raise ValueError(
                f"{configuration.name} is of a program that rules have seen: {configuration.program}"
            )
        programs[configuration.program] = "held-out"
    return dict(sorted(programs.items()))


@cache
def _table() -> dict[str, Part]:
    table: dict[str, Part] = json.loads(TABLE.read_text())
    return table
