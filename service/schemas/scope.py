"""What a name means at one place of a network: the values that earlier layers give."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from service.schemas.plan import Tensor

INPUT = -1
NEAREST = 200


@dataclass(frozen=True)
class Value:
    """What a layer gives: the layer's depth, and its shape unless something before it is wrong."""

    depth: int
    tensor: Tensor | None


@dataclass(frozen=True)
class Scope:
    """A body's view: its own input, and the names of earlier layers in it and in the bodies around it."""

    values: dict[str, Value]
    """Of the whole network, by full path."""
    input: Value
    prefix: str = ""
    """Path of this body, with a dot at its end."""
    visible: tuple[str, ...] = ("",)
    """Prefixes that a name is looked up under, innermost first; a block does not see out of itself."""
    blocks: tuple[str, ...] = ()
    """Blocks that it is inside of."""
    later: dict[str, None] = field(default_factory=dict)
    """All names of the body, to tell a later name from an unknown one."""

    def inside(
        self, name: str, given: Value, names: Sequence[str] = (), *, block: str | None = None
    ) -> "Scope":
        """The scope of a body that stands in this one under `name`."""
        prefix = f"{self.prefix}{name}."
        around = () if block else self.visible
        blocks = (*self.blocks, block) if block else self.blocks
        return Scope(self.values, given, prefix, (prefix, *around), blocks, dict.fromkeys(names))

    def find(self, name: str) -> Value | None:
        """What the name means here, or None."""
        if name == "input":
            return self.input
        return next((self.values[p + name] for p in self.visible if p + name in self.values), None)

    def known(self) -> list[str]:
        """Names that could have been meant: the nearest before it, as looking at thousands takes its time."""
        names = [path.removeprefix(p) for path in self.values for p in self.visible if path.startswith(p)]
        return [*dict.fromkeys(names[-NEAREST:]), "input"]
