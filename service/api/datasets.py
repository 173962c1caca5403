"""Data sets: uploaded once, addressed by their digest."""

from typing import BinaryIO, cast

from flask import Blueprint, request, url_for

from service.api import npz
from service.api.clinic import clinic
from service.api.edge import Reply, gives, takes
from service.errors import DigestMismatch, InvalidSubmission, NotFound, TooLarge
from service.schemas.data import DatasetInfo
from service.store import datasets

blueprint = Blueprint("datasets", __name__)

MEDIA_TYPE = "application/octet-stream"


@blueprint.put("/datasets/<digest:digest>")
@takes(upload=MEDIA_TYPE)
@gives(
    Reply(201, DatasetInfo, "Stored", {"Location": "Where it can be asked for"}),
    Reply(200, DatasetInfo, "It was there already"),
    refuses=(DigestMismatch, InvalidSubmission, TooLarge),
)
def put(digest: str) -> tuple[DatasetInfo, int, dict[str, str]]:
    """Upload a data set.

    The body is an `.npz` with the arrays `x` and, where the task needs it, `y`; the first axis of both counts
    the examples. The path holds the digest of the body's bytes, so that the same data are stored once.
    Floats, integers and booleans are taken; objects never, for they would need pickle.

    Write it with `numpy.savez_compressed("data.npz", x=x, y=y)` and send it with
    `curl -T data.npz HOST/v1/datasets/sha256:$(sha256sum data.npz | cut -d" " -f1)`.
    """
    here = clinic()
    limit = here.settings.limits.dataset_bytes
    known = datasets.get(here.database, digest)
    if known is not None and here.files.path(digest).exists():
        return known, 200, {}
    # Of a chunked body one byte more may come in, which `write` then refuses.
    request.max_content_length = limit + 1
    if (request.content_length or 0) > limit:
        raise TooLarge(f"a data set may have at most {limit} bytes (limit `dataset_bytes`)")
    stream = cast("BinaryIO", request.stream)
    info = here.files.write(stream, digest, limit, lambda path: npz.inspect(path, digest, limit))
    datasets.save(here.database, info)
    return info, 201, {"Location": url_for("datasets.get", digest=digest)}


@blueprint.get("/datasets/<digest:digest>")
@gives(Reply(200, DatasetInfo, "It is there"), refuses=(NotFound,))
def get(digest: str) -> DatasetInfo:
    """Ask for a data set.

    Says whether it is there and what it holds; HEAD asks the same without the answer's body.
    """
    here = clinic()
    info = datasets.get(here.database, digest)
    if info is None or not here.files.path(digest).exists():
        raise NotFound(f"there is no data set {digest}")
    return info
