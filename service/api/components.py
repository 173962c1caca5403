"""The models of the interface as JSON Schema components, and as parameters."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema

Json = dict[str, Any]
NOT_FINITE = ["NaN", "Infinity", "-Infinity"]


class Schemas(GenerateJsonSchema):
    """pydantic's generator, with the strings that measured numbers are served as when they are not finite."""

    def float_schema(self, schema: core_schema.FloatSchema) -> Json:
        """A number; in answers also "NaN", "Infinity" and "-Infinity"."""
        number: Json = super().float_schema(schema)
        if self._config.ser_json_inf_nan != "strings":
            return number
        return {"anyOf": [number, {"enum": NOT_FINITE}]}

    def normalize_name(self, name: str) -> str:
        """`Page[Run]` is called `PageOfRun`."""
        return super().normalize_name(re.sub(r"\[(\w+)\]", r"Of\1", name))


@dataclass(frozen=True)
class Components:
    """Every schema of the document, with those that only describe parameters apart."""

    references: dict[type[BaseModel], str]
    definitions: Json
    parameter_definitions: Json

    def reference(self, model: type[BaseModel]) -> Json:
        """The schema object that points to a model."""
        return {"$ref": f"#/components/schemas/{self.references[model]}"}

    def parameters(self, place: str, model: type[BaseModel] | None) -> Iterator[Json]:
        """The fields of a query or header model as parameter objects."""
        if model is None:
            return
        definition = self.parameter_definitions[self.references[model]]
        for name, schema in definition["properties"].items():
            yield {
                "name": name,
                "in": place,
                "required": name in definition.get("required", ()),
                "description": schema.get("description", ""),
                "schema": _parameter_schema(schema),
            }


def components(spoken: Iterable[type[BaseModel]], parameters: Iterable[type[BaseModel]]) -> Components:
    """Generate the schemas of all models at once, so that names are unique and stable."""
    parameters = set(parameters)
    models = sorted(parameters.union(spoken), key=lambda model: model.__qualname__)
    mapping, defined = models_json_schema(
        [(model, "validation") for model in models],
        ref_template="#/components/schemas/{model}",
        schema_generator=Schemas,
    )
    references = {model: mapping[model, "validation"]["$ref"].rpartition("/")[2] for model in models}
    definitions = dict(sorted(defined.get("$defs", {}).items()))
    apart = {references[model]: definitions.pop(references[model]) for model in parameters}
    return Components(references, definitions, apart)


def _parameter_schema(schema: Json) -> Json:
    """A parameter is left out, never null; its name and description stand outside of the schema."""
    left = {key: value for key, value in schema.items() if key not in {"title", "description"}}
    if left.get("default", ...) is None:
        del left["default"]
    options = [option for option in left.pop("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        return {**left, **options[0]}
    return {**left, "anyOf": options} if options else left
