"""Lists of layers in a written network, rewritten from the innermost outwards.

A layer draws its first weights from a stream of its own that its path seeds. So whatever a change leaves in place keeps
its path, and gets its old name written out where the change would have given it another.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from service.schemas.plan import Layer
from service.schemas.problems import joined

Json = Any
Kind = Literal["network", "repeat", "residual", "shortcut", "block"]
_RESERVED: dict[Kind, tuple[str, ...]] = {"residual": ("input", "add", "shortcut")}


@dataclass(frozen=True)
class Entry:
    """One item of a body as it stands there now, and which place it had."""

    item: Json
    name: str | None = None
    """Its path element, to be kept; None of what is new."""
    pointer: str = ""
    layers: tuple[Layer, ...] = ()
    """What it stands for: one layer for each time that the body runs, none for a repeat or a use."""

    @property
    def layer(self) -> Layer | None:
        """The first of its layers."""
        return self.layers[0] if self.layers else None

    @property
    def takes(self) -> str | None:
        """The one name that it says it takes."""
        source = self.item.get("from") if isinstance(self.item, dict) else None
        return source if isinstance(source, str) else None

    @property
    def says_what_it_takes(self) -> bool:
        """Whether it has a `from`."""
        return isinstance(self.item, dict) and self.item.get("from") is not None

    def written(self, **keys: Json) -> "Entry":
        """The same item with some keys set; with None, left out."""
        item = {"type": self.item} if isinstance(self.item, str) else self.item
        changed = {key: value for key, value in (item | keys).items() if value is not None}
        return replace(self, item=changed)


@dataclass(frozen=True)
class Body:
    """The entries of one list of layers."""

    entries: tuple[Entry, ...]
    pointer: str
    kind: Kind

    def source(self, at: int) -> str | None:
        """The name of what flows into an entry; None where that is not one value."""
        entry = self.entries[at]
        if entry.says_what_it_takes:
            return entry.takes
        return "input" if at == 0 else self.entries[at - 1].name

    def free(self, wanted: str, taken: Iterable[str] = ()) -> str:
        """A name that no entry has."""
        known = {*(entry.name for entry in self.entries), *_RESERVED.get(self.kind, ("input",)), *taken}
        numbered = (f"{wanted}_{number}" for number in range(2, len(known) + 3))
        return wanted if wanted not in known else next(name for name in numbered if name not in known)


class Impossible(Exception):
    """A change that this network has no place for."""


Change = Callable[[Body], Sequence[Entry]]


@dataclass(frozen=True)
class Rewriting:
    """One change of all bodies of a network."""

    layers: Mapping[str, tuple[Layer, ...]]
    """By pointer."""
    change: Change

    def network(self, tree: Json, pointer: str) -> Json:
        """The network with every body changed; names that `output` gives stay what they were."""
        blocks = {
            name: block
            | {"layers": self.body(block["layers"], joined(pointer, "blocks", name, "layers"), "block")}
            for name, block in tree.get("blocks", {}).items()
        }
        layers = self.body(tree["layers"], joined(pointer, "layers"), "network")
        return tree | {"layers": layers} | ({"blocks": blocks} if blocks else {})

    def body(self, items: Sequence[Json], pointer: str, kind: Kind) -> list[Json]:
        """One body, those inside of it first."""
        names = names_of(items, kind)
        entries = tuple(
            Entry(
                self._inside(item, joined(pointer, i)),
                name,
                joined(pointer, i),
                self.layers.get(joined(pointer, i), ()),
            )
            for i, (item, name) in enumerate(zip(items, names, strict=True))
        )
        return _named(self.change(Body(entries, pointer, kind)), kind)

    def _inside(self, item: Json, pointer: str) -> Json:
        if not isinstance(item, dict):
            return item
        if "body" in item:
            return item | {"body": self.body(item["body"], joined(pointer, "body"), "repeat")}
        if "residual" in item:
            within: list[tuple[str, Kind]] = [("body", "residual"), ("shortcut", "shortcut")]
            branches = {
                key: self.body(item["residual"][key], joined(pointer, "residual", key), kind)
                for key, kind in within
                if item["residual"].get(key)
            }
            return item | {"residual": item["residual"] | branches}
        return item


def rewritten(tree: Json, pointer: str, layers: Iterable[Layer], change: Change) -> Json:
    """The network at `pointer` with a change made to each of its bodies; `layers` are those of its plan."""
    by_pointer: dict[str, list[Layer]] = {}
    for layer in layers:
        by_pointer.setdefault(layer.pointer, []).append(layer)
    return Rewriting({place: tuple(found) for place, found in by_pointer.items()}, change).network(
        tree, pointer
    )


def names_of(items: Sequence[Json], kind: Kind) -> tuple[str, ...]:
    """The name of each item, as `service.schemas.naming` gives it to what was read."""
    taken = set(_RESERVED.get(kind, ("input",)))
    names: dict[int, str] = {}
    for i in sorted(range(len(items)), key=lambda i: _written_name(items[i]) is None):
        wanted = _written_name(items[i]) or _kind_name(items[i])
        number = 2
        names[i] = wanted
        while names[i] in taken:
            names[i] = f"{wanted}_{number}"
            number += 1
        taken.add(names[i])
    return tuple(names[i] for i in range(len(items)))


def redirected(entries: Sequence[Entry], old: str, new: str) -> tuple[Entry, ...]:
    """Entries that take what `new` makes of `old`, where they took `old` by its name."""

    def turned(entry: Entry) -> Entry:
        if not entry.says_what_it_takes:
            return entry
        source = entry.item["from"]
        swapped = new if source == old else source
        if isinstance(source, list | tuple):
            swapped = [new if name == old else name for name in source]
        return entry if swapped == source else entry.written(**{"from": swapped})

    return tuple(turned(entry) for entry in entries)


def _named(entries: Sequence[Entry], kind: Kind) -> list[Json]:
    """The items, with a name written out wherever one would not keep the name that it had."""
    kept = list(entries)
    for _ in range(len(kept) + 1):
        names = names_of([entry.item for entry in kept], kind)
        lost = [i for i, entry in enumerate(kept) if entry.name is not None and entry.name != names[i]]
        if not lost:
            return [entry.item for entry in kept]
        for i in lost:
            kept[i] = kept[i].written(name=kept[i].name)
    raise Impossible("two layers would have one name")


def _written_name(item: Json) -> str | None:
    name = item.get("name") if isinstance(item, dict) else None
    return name if isinstance(name, str) else None


def _kind_name(item: Json) -> str:
    if isinstance(item, str):
        return item.lower()
    said = next((item[key] for key in ("type", "op", "use") if key in item), None)
    return str(said).lower() if said is not None else "repeat" if "repeat" in item else "residual"
