"""The operating table: one network of a submission, and changes of it that each give a new one.

After a change the submission is expanded again, so that the next change finds every layer in its new place.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from service.diagnosis.remedies.bodies import Body, Entry, Impossible, redirected, rewritten
from service.diagnosis.structure import Structure
from service.schemas.data import DatasetInfo
from service.schemas.expansion import expand, network_pointers, submission_networks
from service.schemas.limits import Limits
from service.schemas.onnx import ImportReport, OnnxSpec
from service.schemas.patching import Tree, tree_of
from service.schemas.plan import Layer
from service.schemas.submission import Submission

Json = Any
Make = Callable[[Layer], Json | None]

WIDE = Limits(
    layers=100_000,
    parameters=10**12,
    activation_values=10**12,
    sequence_length=10**6,
    batch_size=10**7,
    steps=10**9,
    planned_steps=10**12,
    seeds=1000,
    multiply_adds=1e30,
)
"""The catalogue does not know a deployment's limits: what is over them is told when a candidate is to be run."""


@dataclass(frozen=True)
class Table:
    """A submission, its layers, and which of its networks is operated on."""

    submission: Submission
    known: tuple[Layer, ...] | None
    """Layers of all networks; None where a change has moved them."""
    network: str
    dataset: DatasetInfo | None = None
    imported: ImportReport | None = None
    """What an uploaded network's file turned out to hold."""

    @cached_property
    def everything(self) -> tuple[Layer, ...]:
        """Layers of all networks; raises InvalidSubmission where a change has left no network."""
        if self.known is not None:
            return self.known
        return expand(submission_networks(self.submission), WIDE, network_pointers(self.submission)).layers

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Of this network."""
        return tuple(layer for layer in self.everything if layer.network == self.network)

    @cached_property
    def structure(self) -> Structure:
        """What can be said of the network before it runs."""
        return Structure(self.submission, self.network, self.layers, self.dataset, self.imported)

    @cached_property
    def tree(self) -> Tree:
        """The submission as it was written."""
        return tree_of(self.submission)

    @property
    def from_file(self) -> bool:
        """Whether the network came as a file."""
        return isinstance(self.submission.network, OnnxSpec)

    @property
    def pointer(self) -> str:
        """Where the network stands."""
        return network_pointers(self.submission)[self.network]

    @property
    def written(self) -> Json:
        """The network as it was written."""
        alone = self.submission.network is not None
        return self.tree["network"] if alone else self.tree["networks"][self.network]

    def shape_into(self, layer: Layer) -> tuple[int, ...] | None:
        """Shape of the one value that a layer takes."""
        if len(layer.inputs) != 1:
            return None
        if layer.inputs[0] >= 0:
            return self.everything[layer.inputs[0]].output.shape
        spec = self.structure.spec
        if spec is not None:
            return spec.input.shape
        return self.imported.input.shape if self.imported is not None else None

    def changed(self, tree: Tree, *, moved: bool = False) -> "Table":
        """The table with another submission; raises ValidationError where it is none.

        Where layers have `moved`, they are found anew once they are asked for: that takes its time in deep networks.
        """
        lost = moved and not self.from_file
        return replace(self, submission=Submission.model_validate(tree), known=None if lost else self.known)

    def set(self, part: str, **keys: Json) -> "Table":
        """Some keys of `training`, `data` or another part at a path like `training.clip`; None takes one out."""
        tree = deepcopy(self.tree)
        place: Json = tree
        for name in part.split("."):
            held = place.get(name)
            place[name] = {"type": held} if isinstance(held, str) else held or {}
            place = place[name]
        for key, value in keys.items():
            if value is None:
                place.pop(key, None)
            else:
                place[key] = value
        return self.changed(tree)

    def with_network(self, network: Json, *, moved: bool = False) -> "Table":
        """The same with this network written anew."""
        tree = deepcopy(self.tree)
        if self.submission.network is not None:
            tree["network"] = network
        else:
            tree["networks"][self.network] = network
        return self.changed(tree, moved=moved)

    def with_init(self, *rules: Json) -> "Table":
        """Rules of initialisation behind those that are there, so that they win."""
        known = self.written.get("init", [])
        return self.with_network(
            self.written | {"init": [*known, *(rule for rule in rules if rule not in known)]}
        )

    def with_edits(self, *edits: Json) -> "Table":
        """Changes of a file's graph behind those that are there."""
        if not edits:
            raise Impossible("there is nothing to change")
        return self.with_network(self.written | {"edits": [*self.written.get("edits", []), *edits]})

    def rewritten(self, change: Callable[[Body], Sequence[Entry]]) -> "Table":
        """Every body changed; raises Impossible where nothing was."""
        if self.from_file:
            raise Impossible("the layers of a file are not written out")
        network = rewritten(self.written, self.pointer, self.layers, change)
        if network == self.written:
            raise Impossible("there is nothing to change")
        return self.with_network(network, moved=True)

    def swapped(self, chosen: Collection[Layer], by: Json) -> "Table":
        """Another layer without weights in the place of each chosen one."""
        if self.from_file:
            item = {"type": by} if isinstance(by, str) else by
            arguments = {key: value for key, value in item.items() if key != "type"}
            more = {"arguments": arguments} if arguments else {}
            kinds = {layer.type for layer in chosen}
            whole = all(layer in chosen for layer in self.layers if layer.type in kinds)
            places = (
                [(kind, {}) for kind in sorted(kinds)]
                if whole
                else [(layer.type, {"match": exactly(layer.name)}) for layer in chosen]
            )
            return self.with_edits(
                *({"replace": kind, "by": item["type"]} | more | at for kind, at in places)
            )
        depths, named = _depths(chosen), _names_taken(self.written)

        def change(body: Body) -> Sequence[Entry]:
            return [_swapped(entry, by, named) if _all_in(entry, depths) else entry for entry in body.entries]

        return self.rewritten(change)

    def argued(self, chosen: Collection[Layer], **arguments: Json) -> "Table":
        """Other arguments for each chosen layer."""
        depths = _depths(chosen)

        def change(body: Body) -> Sequence[Entry]:
            return [entry.written(**arguments) if _all_in(entry, depths) else entry for entry in body.entries]

        return self.rewritten(change)

    def exchanged(self, chosen: Collection[Layer], make: Callable[[Json], Json]) -> "Table":
        """Each chosen layer written anew from how it was written; it keeps its name."""
        depths = _depths(chosen)

        def anew(entry: Entry) -> Entry:
            item = {"type": entry.item} if isinstance(entry.item, str) else entry.item
            return replace(entry, item=make(item))

        def change(body: Body) -> Sequence[Entry]:
            return [anew(entry) if _all_in(entry, depths) else entry for entry in body.entries]

        return self.rewritten(change)

    def removed(self, chosen: Collection[Layer]) -> "Table":
        """Without the chosen layers, each of which takes one value."""
        depths = _depths(chosen)

        def change(body: Body) -> Sequence[Entry]:
            kept = body.entries
            for at, entry in enumerate(body.entries):
                if _all_in(entry, depths):
                    source = body.source(at)
                    if source is None or entry.name is None:
                        raise Impossible("it joins several values")
                    kept = redirected([other for other in kept if other is not entry], entry.name, source)
            if not kept:
                raise Impossible("nothing would be left")
            return kept

        return self.rewritten(change)

    def inserted(self, chosen: Collection[Layer], make: Make) -> "Table":
        """What `make` says of it behind each chosen layer."""
        depths = _depths(chosen)

        def change(body: Body) -> Sequence[Entry]:
            made: tuple[Entry, ...] = ()
            rest = body.entries
            while rest:
                entry, rest = rest[0], rest[1:]
                made = (*made, entry)
                item = make(entry.layers[0]) if _all_in(entry, depths) else None
                if item is not None and entry.name is not None:
                    name = body.free(_kind(item).lower(), (each.name or "" for each in made))
                    made = (*made, Entry(_called(item, name), name))
                    rest = redirected(rest, entry.name, name)
            return made

        return self.rewritten(change)


def _swapped(entry: Entry, by: Json, named: frozenset[str]) -> Entry:
    """The new item with the old one's `from`, and its name where something speaks of it."""
    old = entry.item if isinstance(entry.item, dict) else {}
    item = {"type": by} if isinstance(by, str) else dict(by)
    item |= {key: old[key] for key in ("name", "from") if key in old}
    keeps = entry.name in named or "name" in old
    return Entry(item if len(item) > 1 else item["type"], entry.name if keeps else None)


def _names_taken(tree: Json) -> frozenset[str]:
    """Every path element that some `from` or the network's `output` speaks of."""
    if isinstance(tree, dict):
        said = [tree[key] for key in ("from", "output") if isinstance(tree.get(key), str)]
        several = tree.get("from")
        said += several if isinstance(several, list) else []
        inner = [_names_taken(value) for value in tree.values()]
    elif isinstance(tree, list):
        said, inner = [], [_names_taken(value) for value in tree]
    else:
        return frozenset()
    return frozenset(part for name in said for part in str(name).split(".")).union(*inner)


def _depths(chosen: Iterable[Layer]) -> frozenset[int]:
    return frozenset(layer.depth for layer in chosen)


def _all_in(entry: Entry, depths: frozenset[int]) -> bool:
    return bool(entry.layers) and all(layer.depth in depths for layer in entry.layers)


def _kind(item: Json) -> str:
    return item if isinstance(item, str) else str(item["type"])


def _called(item: Json, name: str) -> Json:
    """The item, with its name written out where it does not follow from its type."""
    if _kind(item).lower() == name:
        return item
    return ({"type": item} if isinstance(item, str) else item) | {"name": name}


def exactly(name: str) -> str:
    """A glob that matches one name alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
