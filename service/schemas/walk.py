"""One network as written, walked in order: each layer gets its depth, its path and its shapes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from service.errors import Problem
from service.schemas.blocks import BlockRefused, Blocks
from service.schemas.layers.base import LayerSpec, ShapeError
from service.schemas.layers.operation import Add
from service.schemas.naming import names_of
from service.schemas.network import Item, Repeat, Residual, Use
from service.schemas.plan import Layer, Tensor
from service.schemas.planned import PlannedLayer
from service.schemas.problems import MOST_PROBLEMS, did_you_mean, joined
from service.schemas.scope import Scope, Value

UNKNOWN = Value(depth=-2, tensor=None)
"""What a layer with a problem gives; all that takes it is passed over without a word."""

_SUM = Add.model_validate({"op": "add"})


@dataclass
class Walk:
    """Collects the layers of one network, and every problem on the way (the first at each place)."""

    network: str
    blocks: Blocks
    first_depth: int
    sequence_length: int
    """Most steps of a sequence."""
    planned: list[PlannedLayer] = field(default_factory=list)
    problems: dict[str, Problem] = field(default_factory=dict)

    def body(
        self, body: Sequence[Item], scope: Scope, pointer: str, *, reserved: tuple[str, ...] = ()
    ) -> Value:
        """Walk the items of a body whose view is `scope`; what the last one gives."""
        given = scope.input
        names = names_of(body, reserved=reserved)
        scope.later.update(dict.fromkeys(names))
        for i, (item, name) in enumerate(zip(body, names, strict=True)):
            place = joined(pointer, i)
            taken = self._taken(item, given, scope, place)
            given = self._item(item, name, taken, scope, place)
            scope.values[scope.prefix + name] = given
        return given

    def _item(self, item: Item, name: str, taken: tuple[Value, ...], scope: Scope, pointer: str) -> Value:
        if isinstance(item, LayerSpec):
            return self._layer(item, name, taken, scope, pointer)
        if len(taken) != 1:
            return self.refuse(
                joined(pointer, "from"), "it takes one input", "join them by an `op` before it"
            )
        if isinstance(item, Repeat):
            return self._repeat(item, name, taken[0], scope, pointer)
        if isinstance(item, Residual):
            return self._residual(item, name, taken[0], scope, pointer)
        return self._use(item, name, taken[0], scope, pointer)

    def _repeat(self, item: Repeat, name: str, given: Value, scope: Scope, pointer: str) -> Value:
        for time in range(item.repeat):
            inside = scope.inside(f"{name}.{time}", given)
            given = self.body(item.body, inside, joined(pointer, "body"))
            scope.values[f"{scope.prefix}{name}.{time}"] = given
        return given

    def _residual(self, item: Residual, name: str, given: Value, scope: Scope, pointer: str) -> Value:
        inside = scope.inside(name, given)
        place = joined(pointer, "residual")
        main = self.body(item.residual.body, inside, joined(place, "body"), reserved=("add", "shortcut"))
        beside = given
        if item.residual.shortcut is not None:
            around = inside.inside("shortcut", given)
            beside = self.body(item.residual.shortcut, around, joined(place, "shortcut"))
        return self._layer(
            _SUM, "add", (main, beside), inside, pointer,
            hint="give the residual a `shortcut` whose output has the body's shape",
        )  # fmt: skip

    def _use(self, item: Use, name: str, given: Value, scope: Scope, pointer: str) -> Value:
        try:
            body = self.blocks.body(item, pointer, scope.blocks)
        except BlockRefused as refused:
            for problem in refused.problems:
                self.refuse(problem.pointer, problem.message, problem.hint)
            return UNKNOWN
        return self.body(body, scope.inside(name, given, block=item.use), self.blocks.place(item.use))

    def _taken(self, item: Item, given: Value, scope: Scope, pointer: str) -> tuple[Value, ...]:
        """The values that an item takes."""
        if item.sources is None:
            return (given,)
        many = isinstance(item.from_, tuple)
        return tuple(
            self._found(name, scope, joined(pointer, "from", i) if many else joined(pointer, "from"))
            for i, name in enumerate(item.sources)
        )

    def _found(self, name: str, scope: Scope, pointer: str) -> Value:
        value = scope.find(name)
        if value is not None:
            return value
        if name in scope.later:
            return self.refuse(pointer, f"{name} comes later", "only earlier layers can be taken")
        near = did_you_mean(name, scope.known()) if len(self.problems) < MOST_PROBLEMS else None
        return self.refuse(pointer, f"there is no layer {name[:64]} before it", near)

    def _layer(
        self,
        spec: LayerSpec,
        name: str,
        taken: tuple[Value, ...],
        scope: Scope,
        pointer: str,
        *,
        hint: str | None = None,
    ) -> Value:
        """Put a layer at the next depth, if what flows in fits it."""
        path = scope.prefix + name
        inside = f" (in {path})" if scope.prefix else ""
        fewest, most = spec.arity
        if not fewest <= len(taken) <= most:
            wanted = f"{fewest} inputs" if fewest == most else f"{fewest} to {most} inputs"
            message = f"{spec.type} takes {wanted.replace('1 inputs', '1 input')}, not {len(taken)}"
            return self.refuse(pointer, message + inside, "name what it takes in `from`")
        inputs = tuple(value.tensor for value in taken if value.tensor is not None)
        if len(inputs) < len(taken):
            return UNKNOWN
        try:
            self._check_length(spec, inputs)
            layer = self._described(spec, path, taken, inputs, pointer)
        except ShapeError as error:
            written = error.argument if error.argument in _keys(spec) else None
            place = joined(pointer, written) if written else pointer
            return self.refuse(place, f"{error}{inside}", hint or error.hint)
        self.planned.append(PlannedLayer(layer, spec, inputs))
        return Value(layer.depth, layer.output)

    def _described(
        self, spec: LayerSpec, path: str, taken: tuple[Value, ...], inputs: tuple[Tensor, ...], pointer: str
    ) -> Layer:
        output = spec.output(*inputs)
        return Layer(
            depth=self.first_depth + len(self.planned),
            network=self.network,
            name=path,
            type=spec.type,
            family=spec.family,
            inputs=tuple(value.depth for value in taken),
            output=output,
            parameters=spec.parameters(*inputs),
            multiply_adds=spec.multiply_adds(*inputs),
            pointer=pointer,
            activation=spec.inner_activation,
        )

    def _check_length(self, spec: LayerSpec, inputs: tuple[Tensor, ...]) -> None:
        """Layers that go through time, or look at all times at once, are bounded in their length."""
        longest = max((x.shape[0] for x in inputs if x.shape), default=0)
        if spec.family in {"recurrent", "attention"} and longest > self.sequence_length:
            raise ShapeError(f"a sequence of {longest:,} steps is over the limit of {self.sequence_length:,}")

    def refuse(self, pointer: str, message: str, hint: str | None = None) -> Value:
        """Write a problem down, unless its place has one or there are enough."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.setdefault(pointer, Problem(pointer, message, hint))
        return UNKNOWN


def _keys(spec: LayerSpec) -> set[str]:
    """The keys that were really written, by their written names."""
    return {type(spec).model_fields[name].alias or name for name in spec.model_fields_set}
