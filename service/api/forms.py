"""A submission with its files in one request: the files are stored as if they had been uploaded before."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Final, cast

from flask import request

from service.api import npz, onnx_header
from service.api.clinic import clinic
from service.api.edge import FormBody
from service.api.multipart import Part, parts
from service.errors import InvalidSubmission, MalformedBody, Problem, TooLarge
from service.schemas.attaching import attached
from service.schemas.body.reading import JSON_TYPES, MEDIA_TYPES, YAML_TYPES, read_body
from service.schemas.body.tree import Body
from service.schemas.limits import Limits
from service.schemas.problems import did_you_mean
from service.store import datasets, networks

MEDIA_TYPE: Final = "multipart/form-data"
PARTS: Final = {
    "spec": "The submission, YAML or JSON. `network.onnx` and `data.digest` may be left out for files sent along.",
    "model": "The network as ONNX; see `PUT /v1/networks/{digest}` for how to export it.",
    "data": "The data set as `.npz`; see `PUT /v1/datasets/{digest}`.",
}
SCHEMA: Final[Mapping[str, object]] = {
    "type": "object",
    "required": ["spec"],
    "additionalProperties": False,
    "properties": {
        "spec": {"type": "string", "description": PARTS["spec"]},
        "model": {"type": "string", "format": "binary", "description": PARTS["model"]},
        "data": {"type": "string", "format": "binary", "description": PARTS["data"]},
    },
}


@dataclass(frozen=True)
class Form:
    """The parts of a request: the submission in bytes, and the digests of its files, which are stored."""

    spec: bytes
    media_type: str
    files: Mapping[str, str] = field(default_factory=dict)
    """Digest by name of the part."""

    @property
    def digest(self) -> str:
        """Of all parts together."""
        digests = {**self.files, "spec": hashlib.sha256(self.spec).hexdigest()}
        return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()

    def read(self, limits: Limits) -> Body:
        """The submission, which names the files that came with it."""
        body = read_body(self.spec, self.media_type, limits)
        return attached(body, self.files.get("model"), self.files.get("data"))


def read() -> Form:
    """The form of this request; its files are stored, and stay so whatever becomes of the submission."""
    limits = clinic().settings.limits
    if (request.content_length or 0) > limits.multipart_bytes:
        raise TooLarge(
            f"a submission with its files may have at most {limits.multipart_bytes} bytes (limit `multipart_bytes`)"
        )
    # Of a chunked body one byte more may come in, which is then refused.
    request.max_content_length = limits.multipart_bytes + 1
    found: dict[str, str] = {}
    spec, media_type = None, ""
    for part in parts(request.stream, request.mimetype_params.get("boundary", ""), limits.multipart_bytes):
        if part.name in found or (part.name == "spec" and spec is not None):
            raise MalformedBody(f"there are two parts `{part.name}`")
        if part.name == "spec":
            spec, media_type = _spec(part, limits)
        elif part.name in PARTS:
            found[part.name] = _stored(part, limits)
        else:
            name = (part.name or "")[:60]
            hint = did_you_mean(name, PARTS) or f"known are {', '.join(PARTS)}"
            raise MalformedBody(f"there is no part {name!a} in a submission; {hint}")
    if spec is None:
        raise MalformedBody("the part `spec`, which holds the submission, is missing")
    return Form(spec, media_type, found)


def _spec(part: Part, limits: Limits) -> tuple[bytes, str]:
    """The submission, and what it is written in; refused at once where it cannot be read, before files are sent."""
    content = b""
    while chunk := part.read(limits.body_bytes + 1 - len(content)):
        content += chunk
    declared = part.media_type if part.media_type in MEDIA_TYPES else None
    guessed = JSON_TYPES[0] if content.lstrip()[:1] == b"{" else YAML_TYPES[0]
    read_body(content, declared or guessed, limits)
    return content, declared or guessed


def _stored(part: Part, limits: Limits) -> str:
    """The digest of a file, which lies on the disk then."""
    stream = cast("BinaryIO", part)
    try:
        return _network(stream, limits) if part.name == "model" else _dataset(stream, limits)
    except InvalidSubmission as error:
        place = "/network" if part.name == "model" else "/data"
        problems = error.problems or (Problem(place, error.detail),)
        raise InvalidSubmission(f"in the part `{part.name}`: {error.detail}", problems=problems) from error


def _network(stream: BinaryIO, limits: Limits) -> str:
    here = clinic()
    info = here.network_files.take(stream, limits.network_bytes, onnx_header.inspect)
    networks.save(here.database, info)
    return info.digest


def _dataset(stream: BinaryIO, limits: Limits) -> str:
    here, limit = clinic(), limits.dataset_bytes
    info = here.files.take(stream, limit, lambda path, digest: npz.inspect(path, digest, limit))
    datasets.save(here.database, info)
    return info.digest


FORM: Final = FormBody(
    MEDIA_TYPE,
    SCHEMA,
    {
        "spec": {"contentType": ", ".join(MEDIA_TYPES)},
        "model": {"contentType": "application/octet-stream"},
        "data": {"contentType": "application/octet-stream"},
    },
    read,
)
"""What an operation takes that takes a submission with its files."""
