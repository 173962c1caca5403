"""Sums around hidden layers, written as a free graph: `{op: add, from: [input, relu]}` leaves every path as it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from service.diagnosis.remedies.anatomy import ELEMENTWISE, head
from service.diagnosis.remedies.bodies import Body, Entry, Impossible, redirected
from service.diagnosis.remedies.items import WEIGHTED, entry_norm, norm_for, shortcut_for
from service.diagnosis.remedies.table import Table
from service.schemas.plan import Layer, Shape

Where = Literal["after-activation", "before-activation"]
_INSIDE = frozenset({"activation", "normalization", "dropout"})


@dataclass(frozen=True)
class Span:
    """Entries of a body that a sum goes round: a map and what follows it up to its activation."""

    first: int
    last: int
    activation: int


@dataclass(frozen=True)
class Style:
    """How a shortcut is made."""

    norm: str | None = None
    """`LayerNorm` or `BatchNorm`, at the start of the branch."""
    where: Where = "after-activation"
    gated: bool = False
    """The branch ends in a batch norm, whose gain is to begin at zero."""


def bridged(table: Table, style: Style) -> Table:
    """The network with a sum around each of its hidden layers; raises Impossible where there is no place."""
    if table.from_file:
        return _bridged_file(table, style)
    return table.rewritten(_Bridging(table, style).change)


@dataclass
class _Bridging:
    table: Table
    style: Style

    def __post_init__(self) -> None:
        last = head(self.table)
        self.ending = {layer.depth for layer in (*self.table.structure.tail, *([last] if last else []))}
        self.stems: dict[str, tuple[Shape, Shape, bool]] = {}

    def change(self, body: Body) -> Sequence[Entry]:
        """One body with its sums; stems that its repeats have asked for come before them."""
        made = list(body.entries)
        for span in reversed(list(self._spans(body))):
            made = self._around(body, span, made) or made
        for pointer, stem in self.stems.items():
            at = next((i for i, entry in enumerate(made) if entry.pointer == pointer), None)
            if at is not None:
                made = _stemmed(body, made, at, *stem)
        return made

    def _spans(self, body: Body) -> Iterator[Span]:
        """Maps with an activation of their own."""
        if body.kind in {"residual", "shortcut"}:
            return
        for first, entry in enumerate(body.entries):
            if entry.layer is None or entry.layer.type not in WEIGHTED or self._ends(entry):
                continue
            last = first
            while last + 1 < len(body.entries) and self._belongs(body.entries[last + 1]):
                last += 1
                layer = body.entries[last].layer
                if layer is not None and layer.type in ELEMENTWISE:
                    yield Span(first, last, last)
                    break

    def _belongs(self, entry: Entry) -> bool:
        return (
            entry.layer is not None
            and entry.layer.family in _INSIDE
            and not entry.says_what_it_takes
            and not self._ends(entry)
        )

    def _ends(self, entry: Entry) -> bool:
        return any(layer.depth in self.ending for layer in entry.layers)

    def _around(self, body: Body, span: Span, made: list[Entry]) -> list[Entry] | None:
        """The entries with a sum around one span; None where its shapes allow none."""
        source, first = body.source(span.first), body.entries[span.first]
        end = body.entries[span.last if self.style.where == "after-activation" else span.activation - 1]
        if source is None or first.name is None or end.name is None:
            return None
        taken = {entry.name or "" for entry in made}
        projection = self._projection(body, span.first, first, end, body.free("shortcut", taken), source)
        if projection is None:
            return None
        at = next(i for i, entry in enumerate(made) if entry.name == first.name)
        before, inside = made[:at], made[at:]
        norm = self._norm(body, first, taken)
        if norm is not None:
            opened = norm.written(**{"from": source}) if first.says_what_it_takes else norm
            inside = [opened, inside[0].written(**{"from": None}), *inside[1:]]
        cut = next(i for i, entry in enumerate(inside) if entry.name == end.name) + 1
        gate = self._gate(body, end, taken)
        branch = gate.name if gate is not None and gate.name else end.name
        beside = projection.name if projection.item is not None and projection.name else source
        name = body.free("add", taken)
        total = Entry({"op": "add", "name": name, "from": [beside, branch]}, name)
        added = [*([gate] if gate else []), *([projection] if projection.item is not None else []), total]
        rest = redirected(inside[cut:], end.name, name)
        return [*before, *inside[:cut], *added, *rest]

    def _projection(
        self, body: Body, at: int, first: Entry, end: Entry, name: str, source: str
    ) -> Entry | None:
        """What stands beside the branch: nothing where shapes agree, else a projection; None where neither does."""
        pairs = [
            (self.table.shape_into(start), last.output.shape)
            for start, last in zip(first.layers, end.layers, strict=True)
        ]
        odd = [i for i, (given, wanted) in enumerate(pairs) if given != wanted]
        if not odd:
            return Entry(None)
        given, wanted = pairs[odd[0]]
        conv = first.layer is not None and first.layer.family == "convolution"
        if given is None:
            return None
        if body.kind == "repeat" and at == 0 and odd == [0] and len(pairs) > 1:
            if shortcut_for(given, wanted, convolution=conv) is None or (conv and given[1:] != wanted[1:]):
                return None
            self.stems[body.pointer.removesuffix("/body")] = (given, wanted, conv)
            return Entry(None)
        item = shortcut_for(given, wanted, convolution=conv)
        return None if item is None else Entry(item | {"name": name, "from": source}, name)

    def _norm(self, body: Body, first: Entry, taken: set[str]) -> Entry | None:
        """The norm at the start of a branch, where the style has one."""
        layer = first.layer
        shape = self.table.shape_into(layer) if layer is not None else None
        if self.style.norm is None or layer is None or shape is None:
            return None
        kind = entry_norm(shape, self.style.norm, convolution=layer.family == "convolution")
        name = body.free(kind.lower(), taken)
        taken.add(name)
        return Entry({"type": kind, "name": name}, name)

    def _gate(self, body: Body, end: Entry, taken: set[str]) -> Entry | None:
        """The batch norm that ends a gated branch, unless it ends in one."""
        if not self.style.gated or end.layer is None or end.layer.family == "normalization":
            return None
        item = norm_for(end.layer, "BatchNorm")
        if item is None:
            raise Impossible("no batch norm fits")
        name = body.free("gate", taken)
        return Entry({"type": item, "name": name}, name)


def _stemmed(
    body: Body, made: list[Entry], at: int, given: Shape, wanted: Shape, convolution: bool
) -> list[Entry]:
    """A projection before a repeat, so that all of its times take and give one shape."""
    entry = made[at]
    name = body.free("stem", (each.name or "" for each in made))
    item = shortcut_for(given, wanted, convolution=convolution)
    if item is None:
        raise Impossible("no projection fits")
    source = {"from": entry.takes} if entry.takes else {}
    return [
        *made[:at],
        Entry(item | {"name": name} | source, name),
        entry.written(**{"from": None}),
        *made[at + 1 :],
    ]


def _bridged_file(table: Table, style: Style) -> Table:
    """Sums in a file's graph, where shapes agree."""
    if style.norm is not None or style.gated or style.where != "after-activation":
        raise Impossible("a file's graph takes plain sums")
    last = head(table)
    ending = {layer.depth for layer in (*table.structure.tail, *([last] if last else []))}
    pairs = [
        (layer, end)
        for layer in table.layers
        if layer.type in WEIGHTED and layer.depth not in ending and (end := _end_of(table, layer)) is not None
    ]
    fitting = [
        (start, end)
        for start, end in pairs
        if end.depth not in ending and table.shape_into(start) == end.output.shape
    ]
    return table.with_edits(*({"residual": {"start": start.name, "end": end.name}} for start, end in fitting))


def _end_of(table: Table, layer: Layer) -> Layer | None:
    """The activation behind a map, with only norms and dropout between them."""
    here: Layer | None = layer
    while here is not None:
        takers = [other for other in table.layers if here.depth in other.inputs]
        here = takers[0] if len(takers) == 1 and takers[0].family in _INSIDE else None
        if here is not None and here.type in ELEMENTWISE:
            return here
    return None
