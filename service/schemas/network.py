"""A network as a client writes it: torch.nn in YAML, with repeats, residuals, blocks and free graphs."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    JsonValue,
    PositiveInt,
    Tag,
    TypeAdapter,
    model_validator,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from service.schemas.base import Input
from service.schemas.initialization import InitRule
from service.schemas.layers.base import Count, LayerSpec, Name, Node, Reference
from service.schemas.layers.registry import layer_types, operation_types, union_of
from service.schemas.plan import Dtype

if TYPE_CHECKING:
    AnyLayer = LayerSpec
    AnyOperation = LayerSpec
    TypeName = str
else:
    AnyLayer = Annotated[union_of(layer_types()), Field(discriminator="type")]
    AnyOperation = Annotated[union_of(operation_types()), Field(discriminator="type")]
    TypeName = Literal[layer_types()]


def _spelled_out(value: object) -> object:
    return {"type": value} if isinstance(value, str) else value


def _tag(value: object) -> str:
    """Which kind of item it is; no tag can be a key of an item, so that error places stay readable."""
    if isinstance(value, dict):
        return next((tag for key, tag in _TAGS.items() if key in value), "a layer")
    if isinstance(value, LayerSpec):
        return "an operation" if value.family == "operation" else "a layer"
    return _TAGS.get(type(value).__name__.lower(), "a layer")


def _not_empty(body: tuple[Any, ...]) -> tuple[Any, ...]:
    """Checked after the items: pydantic's own minimum would count those with faults as missing."""
    if not body:
        raise PydanticCustomError("empty", "there must be at least one layer")
    return body


class Repeat(Node):
    """A body, `repeat` times in a row, each with weights of its own."""

    repeat: Annotated[int, Field(ge=1, le=1_000_000_000)]
    body: "Body"


class Branches(Input):
    """The two ways from a residual's input to its sum."""

    body: "Body"
    shortcut: "Body | None" = None
    """The identity where it is left out."""


class Residual(Node):
    """x to body(x) + shortcut(x)."""

    residual: Branches


class Use(Node):
    """A block's layers in this place."""

    use: Name
    with_: dict[Name, JsonValue] = Field(default_factory=dict, alias="with", max_length=64)
    """Values of the block's parameters."""


_TAGS = {"repeat": "a repeat", "residual": "a residual", "use": "a use", "op": "an operation"}

Item = TypeAliasType(
    "Item",
    Annotated[
        Annotated[
            Annotated[AnyLayer, BeforeValidator(_spelled_out, json_schema_input_type=AnyLayer | TypeName)],
            Tag("a layer"),
        ]
        | Annotated[AnyOperation, Tag("an operation")]
        | Annotated[Repeat, Tag("a repeat")]
        | Annotated[Residual, Tag("a residual")]
        | Annotated[Use, Tag("a use")],
        Discriminator(_tag),
    ],
)
"""One entry of a list of layers."""

Body = TypeAliasType(
    "Body",
    Annotated[tuple[Item, ...], AfterValidator(_not_empty), Field(json_schema_extra={"minItems": 1})],
)
"""Layers in order; each takes what the one before it gives, unless it says `from`."""

body_adapter: TypeAdapter[tuple["Item", ...]] = TypeAdapter(Body)
"""Reads the layers of a block once its parameters have values."""


class Block(Input):
    """Layers to use several times; the strings `$name` in them stand for its parameters."""

    parameters: dict[Name, JsonValue] = Field(default_factory=dict, max_length=64)
    """Names with their defaults; null means that every use must give a value."""
    layers: Annotated[tuple[JsonValue, ...], Field(min_length=1)]
    """Written as the layers of a network are, and checked where the block is used."""


class NetworkInput(Input):
    """What flows into a network."""

    shape: Annotated[tuple[Count, ...], Field(max_length=6)]
    """Without the batch; recurrent layers and attention take (time, features)."""
    dtype: Dtype = "float"
    vocab: Annotated[PositiveInt, Field(le=1_000_000)] | None = None
    """How many different integers there are, for `dtype: int`."""

    @model_validator(mode="after")
    def vocab_is_of_integers(self) -> "NetworkInput":
        """Floats have no vocabulary, and integers need one."""
        if (self.dtype == "int") != (self.vocab is not None):
            raise PydanticCustomError("vocab", "`dtype: int` and `vocab` go together")
        return self


class NetworkSpec(Input):
    """A network, its input and how its weights begin."""

    input: NetworkInput
    layers: Body
    blocks: dict[Name, Block] = Field(default_factory=dict, max_length=256)
    init: Annotated[tuple[InitRule, ...], Field(max_length=256)] = ()
    defaults: Literal["torch", "keras"] = "torch"
    """How layers begin that no rule speaks of."""
    output: Reference | None = None
    """Name of the layer whose output is the network's; the last one where it is left out."""


Repeat.model_rebuild()
Branches.model_rebuild()
Residual.model_rebuild()
NetworkSpec.model_rebuild()
