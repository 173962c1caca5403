"""Changes of an uploaded network's graph, told apart by their first key and applied in order before it is built."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Discriminator, Field, JsonValue, Tag, ValidationError

from service.errors import Problem
from service.schemas.base import Input
from service.schemas.layers.base import LayerSpec
from service.schemas.layers.registry import kinds
from service.schemas.problems import did_you_mean, joined, problems_of

Word = r"^[^\x00-\x1f\x7f]*$"
"""What is printed in reports and stored holds no control characters."""
Pattern = Annotated[str, Field(min_length=1, max_length=500, pattern=Word)]
"""A glob on names; `*` crosses dots."""
LayerName = Annotated[str, Field(min_length=1, max_length=500, pattern=Word)]
TypeName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]{0,63}$")]


class ReplaceActivation(Input):
    """Another activation in the place of each that matches."""

    replace: TypeName
    """Layer type that is taken out, e.g. `Sigmoid`."""
    by: TypeName
    """Activation of torch.nn that comes in."""
    arguments: dict[str, JsonValue] = Field(default_factory=dict, max_length=16)
    """Its arguments, by torch's names."""
    match: Pattern = "*"
    """Only layers with such names."""

    @property
    def spec(self) -> LayerSpec:
        """The activation that comes in; raises KeyError or ValidationError where there is none like it."""
        return activations()[self.by].model_validate({"type": self.by, **self.arguments})


class InsertNormalization(Input):
    """A normalisation, with weights of its own, behind each layer that matches."""

    insert: Literal["BatchNorm", "LayerNorm"]
    after: Pattern


class Around(Input):
    """Two layers, the first of which runs no later than the second."""

    start: LayerName
    end: LayerName


class AddResidual(Input):
    """What flows into `start` is added to what `end` gives; both have one shape."""

    residual: Around


class AddBias(Input):
    """A bias that begins at zero, for each layer that matches and has none."""

    add_bias: Pattern


_TAGS = {"replace": "a swap", "insert": "an insertion", "residual": "a shortcut", "add_bias": "a bias"}
"""No tag can be a key of an edit, so that error places stay readable."""


def _tag(value: object) -> str | None:
    keys = value if isinstance(value, dict) else type(value).model_fields if isinstance(value, Input) else ()
    return next((tag for key, tag in _TAGS.items() if key in keys), None)


Edit = Annotated[
    Annotated[ReplaceActivation, Tag("a swap")]
    | Annotated[InsertNormalization, Tag("an insertion")]
    | Annotated[AddResidual, Tag("a shortcut")]
    | Annotated[AddBias, Tag("a bias")],
    Discriminator(
        _tag,
        custom_error_type="edit",
        custom_error_message="an edit is a mapping with one of the keys replace, insert, residual and add_bias",
    ),
]


def activations() -> dict[str, type[LayerSpec]]:
    """What can take the place of an activation."""
    return {name: kind for name, kind in kinds().items() if kind.family == "activation"}


def edit_problems(edits: Sequence[Edit], pointer: str) -> Iterator[Problem]:
    """Activations that do not exist or do not take their arguments; what matches is known once the file was read."""
    for place, edit in enumerate(edits):
        if not isinstance(edit, ReplaceActivation):
            continue
        here = joined(pointer, place)
        if edit.by not in activations():
            hint = did_you_mean(edit.by, activations()) or f"known are {', '.join(activations())}"
            yield Problem(joined(here, "by"), f"there is no activation {edit.by}", hint)
            continue
        try:
            _ = edit.spec
        except ValidationError as error:
            model = activations()[edit.by]
            place_of_arguments = joined(here, "arguments")
            yield from problems_of(error, edit.arguments, pointer=place_of_arguments, model=model)
