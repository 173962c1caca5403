"""Blocks put in place: parameters get their values, and every use is checked as if it were written there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue, ValidationError

from service.errors import Problem
from service.schemas.network import Block, Body, Item, Use, body_adapter
from service.schemas.problems import MOST_PROBLEMS, did_you_mean, joined, problems_of

NESTING = 16
"""Uses inside of uses: more is a mistake, and a loop would never end."""


class BlockRefused(Exception):
    """A use that cannot be put in place; `problems` says why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = problems


@dataclass
class Blocks:
    """The blocks of one network, and the layers of each use that was met (same values, same layers)."""

    blocks: Mapping[str, Block]
    pointer: str
    """Place of the network."""
    most: int
    """Different uses that are put in place at most: each makes at least one layer."""
    _bodies: dict[str, tuple[Item, ...]] = field(default_factory=dict)
    _refused: dict[str, tuple[Problem, ...]] = field(default_factory=dict)
    """By block: one with a fault is not read again with other values, as that may take long."""

    def place(self, name: str) -> str:
        """Pointer to a block's layers."""
        return joined(self.pointer, "blocks", name, "layers")

    def body(self, use: Use, pointer: str, within: tuple[str, ...]) -> tuple[Item, ...]:
        """The layers that a use at `pointer`, inside the blocks `within`, stands for."""
        block = self._block(use, pointer, within)
        values = self._values(use, block, pointer)
        key = json.dumps([use.use, values], sort_keys=True)
        if use.use in self._refused:
            raise BlockRefused(*self._refused[use.use])
        if key not in self._bodies:
            if len(self._bodies) >= self.most:
                raise BlockRefused(
                    Problem(pointer, f"blocks are used in more than {self.most:,} different ways")
                )
            try:
                self._bodies[key] = self._placed(use.use, block, values)
            except BlockRefused as refused:
                self._refused[use.use] = refused.problems
                raise
        return self._bodies[key]

    def _block(self, use: Use, pointer: str, within: tuple[str, ...]) -> Block:
        block = self.blocks.get(use.use)
        if block is None:
            message = f"there is no block {use.use}"
            raise BlockRefused(Problem(joined(pointer, "use"), message, did_you_mean(use.use, self.blocks)))
        if use.use in within:
            chain = " -> ".join((*within, use.use))
            raise BlockRefused(Problem(joined(pointer, "use"), f"a block cannot use itself: {chain}"))
        if len(within) >= NESTING:
            raise BlockRefused(Problem(joined(pointer, "use"), f"blocks are nested more than {NESTING} deep"))
        return block

    def _values(self, use: Use, block: Block, pointer: str) -> dict[str, JsonValue]:
        problems = [
            Problem(
                joined(pointer, "with", name),
                f"block {use.use} has no parameter {name}",
                did_you_mean(name, block.parameters),
            )
            for name in use.with_
            if name not in block.parameters
        ]
        values = {**block.parameters, **use.with_}
        problems += [
            Problem(pointer, f"block {use.use} needs a value for {name}", f"write `with: {{{name}: ...}}`")
            for name in block.parameters
            if values[name] is None
        ]
        if problems:
            raise BlockRefused(*problems)
        return values

    def _placed(self, name: str, block: Block, values: Mapping[str, JsonValue]) -> tuple[Item, ...]:
        unknown: list[Problem] = []
        written = _substituted(list(block.layers), values, self.place(name), unknown)
        if unknown:
            raise BlockRefused(*unknown)
        try:
            return body_adapter.validate_python(written)
        except ValidationError as error:
            raise BlockRefused(*problems_of(error, written, pointer=self.place(name), model=Body)) from error


def _substituted(
    value: JsonValue, values: Mapping[str, JsonValue], pointer: str, unknown: list[Problem]
) -> JsonValue:
    """The value with every string `$name` replaced; names that are no parameter are added to `unknown`."""
    if isinstance(value, dict):
        return {key: _substituted(held, values, joined(pointer, key), unknown) for key, held in value.items()}
    if isinstance(value, list):
        return [_substituted(held, values, joined(pointer, i), unknown) for i, held in enumerate(value)]
    if not (isinstance(value, str) and value.startswith("$")):
        return value
    name = value.removeprefix("$")
    if name not in values and len(unknown) < MOST_PROBLEMS:
        unknown.append(Problem(pointer, f"there is no parameter {name[:64]}", did_you_mean(name, values)))
    return values.get(name)
