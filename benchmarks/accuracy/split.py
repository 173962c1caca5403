"""Which program stands in which part: the one that rules are tuned on, or the one that is opened once per release.

The table was written once, before any rule was tried: programs in the order of their hashes, each to the part
that balances intended faults and networks meant to be healthy. A program that is not in it goes by its hash.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

from benchmarks.accuracy.configuration import Configuration

Part = Literal["tune", "held-out"]
PARTS: tuple[Part, Part] = ("tune", "held-out")
TABLE = Path(__file__).with_name("split.json")


def part_of(program: str) -> Part:
    """The part that a program stands in, for good."""
    known = _table().get(program)
    return known or PARTS[_order(program) % 2]


def balanced(configurations: Iterable[Configuration]) -> dict[str, Part]:
    """A new table: program by program to the part that has fewer of its faults."""
    programs: dict[str, Counter[str]] = {}
    for configuration in configurations:
        programs.setdefault(configuration.program, Counter())[configuration.mechanism or "healthy"] += 1
    loads: dict[Part, Counter[str]] = {part: Counter() for part in PARTS}
    table: dict[str, Part] = {}
    for program in sorted(programs, key=lambda name: (-sum(programs[name].values()), _order(name))):
        part = min(PARTS, key=lambda part: (_imbalance(loads, part, programs[program]), PARTS.index(part)))
        loads[part] += programs[program]
        table[program] = part
    return dict(sorted(table.items()))


def _imbalance(loads: dict[Part, Counter[str]], part: Part, more: Counter[str]) -> float:
    """Sum over faults of the squared difference of the parts' shares, were `more` added to `part`."""
    after = {name: loads[name] + (more if name == part else Counter()) for name in PARTS}
    faults = set(after["tune"]) | set(after["held-out"])
    return sum((after["tune"][fault] - after["held-out"][fault]) ** 2 for fault in sorted(faults))


def _order(program: str) -> int:
    return int(hashlib.sha256(program.encode()).hexdigest()[:8], 16)


@cache
def _table() -> dict[str, Part]:
    table: dict[str, Part] = json.loads(TABLE.read_text()) if TABLE.is_file() else {}
    return table
