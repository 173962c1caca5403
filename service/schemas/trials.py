"""What a client says of trials: whether remedies are tried, which ones, at what cost, and changes of its own."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from service.errors import Problem
from service.schemas.base import Input

RESERVED = frozenset({"baseline", "control", "validation"})
"""Names of variants that are the clinic's own."""
MOST_OPERATIONS = 50

Pointer = Annotated[str, Field(max_length=500, pattern=r"^(/[^\x00-\x1f\x7f]*)?$")]
RemedyName = Annotated[str, Field(min_length=1, max_length=60)]
VariantName = Annotated[str, Field(max_length=60, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
"""It stands in addresses."""


class PatchOperation(Input):
    """One operation of a JSON Patch (RFC 6902) against the submission."""

    op: Literal["add", "remove", "replace", "move", "copy", "test"]
    path: Pointer
    value: JsonValue = None
    """Of `add`, `replace` and `test`."""
    origin: Annotated[Pointer | None, Field(alias="from")] = None
    """Of `move` and `copy`."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        given = self.model_fields_set & {"value", "origin"}
        needed = {"move": {"origin"}, "copy": {"origin"}, "remove": set[str]()}.get(self.op, {"value"})
        if given != needed:
            wanted = "`from`" if needed == {"origin"} else "`value`" if needed else "neither value nor `from`"
            raise ValueError(f"the operation {self.op!r} takes {wanted}")
        return self

    @model_serializer(mode="wrap")
    def _written(self, write: SerializerFunctionWrapHandler):  # type: ignore[no-untyped-def]
        """Only what the operation has, by the names of the RFC; unannotated, so that its JSON Schema stays."""
        said: dict[str, Any] = write(self)
        origin = said.pop("origin", None) or said.pop("from", None)
        kept = {name: said[name] for name in ("op", "path") if name in said}
        if self.op in {"move", "copy"}:
            return {**kept, "from": origin}
        return kept if self.op == "remove" else {**kept, "value": self.value}


class Variant(Input):
    """A change that the client wants to be tried against the unchanged submission."""

    name: VariantName
    patch: Annotated[tuple[PatchOperation, ...], Field(min_length=1, max_length=MOST_OPERATIONS)]


class Trials(Input):
    """Whether and how remedies are tried."""

    mode: Literal["auto", "off", "only"] = "auto"
    """`only`: exactly `names` and `variants`, whether the network is ill or not."""
    names: Annotated[tuple[RemedyName, ...], Field(max_length=20)] = ()
    """Remedies to try, as `GET /v1/remedies` names them; under `auto` they come first."""
    variants: Annotated[tuple[Variant, ...], Field(max_length=8)] = ()
    max_cost: Annotated[float, Field(gt=0, le=20)] = 4.0
    """What all trials together may cost, as a multiple of what the diagnosis itself costs."""


def name_problems(trials: Trials, known: Collection[str]) -> Iterator[Problem]:
    """Remedies that do not exist, and names of variants that are taken."""
    for place, name in enumerate(trials.names):
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(known))}"
            yield Problem(f"/trials/names/{place}", f"there is no remedy {name!r}", hint)
    seen: set[str] = set()
    for place, variant in enumerate(trials.variants):
        pointer = f"/trials/variants/{place}/name"
        if variant.name in RESERVED or variant.name in known:
            yield Problem(pointer, f"the name {variant.name!r} is taken", "take another one")
        elif variant.name in seen:
            yield Problem(pointer, f"two variants are called {variant.name!r}", "names are unique")
        seen.add(variant.name)
    if trials.mode == "only" and not trials.names and not trials.variants:
        yield Problem("/trials", "`only` tries nothing without names and variants", "name what to try")
