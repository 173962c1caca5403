"""How many layers a network has once expanded: counted from the bottom up, so that nothing is expanded for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from service.errors import Problem
from service.schemas.blocks import BlockRefused, Blocks
from service.schemas.network import Item, Repeat, Residual, Use
from service.schemas.problems import joined


@dataclass
class Counter:
    """Counts layers; uses of blocks that cannot be put in place are written down and count as one."""

    blocks: Blocks
    problems: list[Problem] = field(default_factory=list)
    _uses: dict[int, int] = field(default_factory=dict)

    def layers(self, body: Sequence[Item], pointer: str, within: tuple[str, ...] = ()) -> int:
        """Layers of a body that stands at `pointer`, inside the blocks `within`."""
        return sum(self.item(item, joined(pointer, i), within) for i, item in enumerate(body))

    def item(self, item: Item, pointer: str, within: tuple[str, ...] = ()) -> int:
        """Layers of one item."""
        if isinstance(item, Repeat):
            return item.repeat * self.layers(item.body, joined(pointer, "body"), within)
        if isinstance(item, Residual):
            place = joined(pointer, "residual")
            body = self.layers(item.residual.body, joined(place, "body"), within)
            shortcut = self.layers(item.residual.shortcut or (), joined(place, "shortcut"), within)
            return body + shortcut + 1
        if isinstance(item, Use):
            return self._use(item, pointer, within)
        return 1

    def _use(self, use: Use, pointer: str, within: tuple[str, ...]) -> int:
        try:
            body = self.blocks.body(use, pointer, within)
        except BlockRefused as refused:
            self.problems.extend(refused.problems)
            return 1
        if id(body) not in self._uses:
            self._uses[id(body)] = self.layers(body, self.blocks.place(use.use), (*within, use.use))
        return self._uses[id(body)]
