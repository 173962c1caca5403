"""The base of every schema, and the two kinds of number: those taken in and those measured."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Input(BaseModel):
    """Something a client writes: unknown fields, NaN and infinity are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


class Output(BaseModel):
    """Something the service writes: NaN and infinity are data, served as the strings "NaN" and "Infinity".

    Only `model_dump_json` writes those strings, so answers are made with it and never with `model_dump`.
    A field that a reader does not know is left out, so that an older client reads a newer service.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        allow_inf_nan=True,
        ser_json_inf_nan="strings",
        use_attribute_docstrings=True,
    )


Measured = Annotated[float | None, Field(default=None)]
"""A measured number: null means not measured, NaN and infinity mean just that."""

Share = Annotated[float | None, Field(default=None)]
"""A measured share in [0, 1]; null means not measured."""

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
"""The address of uploaded bytes."""
