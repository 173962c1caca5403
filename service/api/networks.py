"""Networks in ONNX files: uploaded once, addressed by their digest."""

from typing import BinaryIO, cast

from flask import Blueprint, request, url_for

from service.api import onnx_header
from service.api.clinic import clinic
from service.api.edge import Reply, gives, takes
from service.api.submissions import known_network
from service.errors import DigestMismatch, InvalidSubmission, NotFound, TooLarge
from service.schemas.onnx import NetworkFile
from service.store import networks

blueprint = Blueprint("networks", __name__)

MEDIA_TYPE = "application/octet-stream"


@blueprint.put("/networks/<digest:digest>")
@takes(upload=MEDIA_TYPE)
@gives(
    Reply(201, NetworkFile, "Stored", {"Location": "Where it can be asked for"}),
    Reply(200, NetworkFile, "It was there already"),
    refuses=(DigestMismatch, InvalidSubmission, TooLarge),
)
def put(digest: str) -> tuple[NetworkFile, int, dict[str, str]]:
    """Upload a network.

    The body is an ONNX file with its weights inside. The path holds the digest of the body's bytes, so that the same
    network is stored once; a submission names it by `network: {onnx: "sha256:..."}`. Here only the outermost fields
    are looked at: what the file holds, and whether all of it can be trained, is said by the worker that reads it once
    it is submitted.

    How it is exported decides what is left of it. With torch, `x` being an example batch:
    `torch.onnx.export(network.train(), (x,), "network.onnx", dynamo=True, optimize=False, external_data=False,
    dynamic_shapes=({0: "batch"},))`. The exporters' defaults write for inference: they fold batch normalisation
    away and leave dropout out. `pip install gradclinic` has `gradclinic.check(network, x, ...)`, which exports the
    right way, looks whether everything survived, and sends it.

    Of Keras, tf2onnx (`python -m tf2onnx.convert --saved-model folder --output network.onnx`, after
    `model.export("folder")`) writes for inference alone; a Keras model trains as it does at home where its layers are
    written out in the submission, with `defaults: keras`.

    Send it with `curl -T network.onnx HOST/v1/networks/sha256:$(sha256sum network.onnx | cut -d" " -f1)`.
    """
    here = clinic()
    limit = here.settings.limits.network_bytes
    known = known_network(digest)
    if known is not None:
        return known, 200, {}
    # Of a chunked body one byte more may come in, which `write` then refuses.
    request.max_content_length = limit + 1
    if (request.content_length or 0) > limit:
        raise TooLarge(f"a network may have at most {limit} bytes (limit `network_bytes`)")
    stream = cast("BinaryIO", request.stream)
    info = here.network_files.write(stream, digest, limit, lambda path: onnx_header.inspect(path, digest))
    networks.save(here.database, info)
    return info, 201, {"Location": url_for("networks.get", digest=digest)}


@blueprint.get("/networks/<digest:digest>")
@gives(Reply(200, NetworkFile, "It is there"), refuses=(NotFound,))
def get(digest: str) -> NetworkFile:
    """Ask for a network.

    Says whether it is there; HEAD asks the same without the answer's body.
    """
    info = known_network(digest)
    if info is None:
        raise NotFound(f"there is no network {digest}")
    return info
