"""A submission on its way to the service: uploaded files are named in it, and its lines are remembered."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.schemas.attaching import attached
from service.schemas.body.reading import read_body
from service.schemas.body.tree import Body
from service.schemas.limits import Limits

YAML = "application/yaml"
JSON = "application/json"


@dataclass(frozen=True)
class Spec:
    """What is posted."""

    content: bytes | str
    media_type: str
    source: Body | None = None
    """What the caller wrote, where it is sent as something else."""

    def with_lines(self, problem: Mapping[str, Any]) -> Mapping[str, Any]:
        """A problem document with the lines of what the caller wrote."""
        if self.source is None or self.source.place is None:
            return problem
        items = [
            {"line": self.source.line(item.get("pointer", "")), **item}
            for item in problem.get("problems") or ()
        ]
        return {**problem, "problems": items}


def prepared(
    submission: str | bytes | Mapping[str, Any],
    media_type: str,
    *,
    network: str | None = None,
    data: str | None = None,
    origin: Mapping[str, str] | None = None,
) -> Spec:
    """The submission with the digests of its files, and from where it comes unless it says so itself.

    Text to which nothing has to be added goes out as it is. Raises ClinicError where it cannot be read.
    """
    if not isinstance(submission, Mapping) and network is None and data is None and not origin:
        return Spec(submission, media_type)
    source = _read(submission, media_type)
    tree = {**(origin or {}), **attached(source, network, data).tree}
    return Spec(json.dumps(tree), JSON, source)


def _read(submission: str | bytes | Mapping[str, Any], media_type: str) -> Body:
    if isinstance(submission, Mapping):
        return Body(submission)
    written = submission.encode() if isinstance(submission, str) else submission
    return read_body(written, media_type, Limits())
