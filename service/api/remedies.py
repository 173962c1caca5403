"""Remedies: changes that were tried on a network, what came of each, and the network as it would be with one."""

import json
from typing import Literal

import yaml
from flask import Blueprint, Response, request, send_file

from service.api.clinic import clinic
from service.api.edge import Reply, gives, takes
from service.api.networks import MEDIA_TYPE as BYTES
from service.diagnosis.remedies import catalogue
from service.errors import NotFound
from service.schemas.base import Input
from service.schemas.cures import Catalogue, RemedyDescription
from service.schemas.page import Page
from service.schemas.patching import patched, tree_of
from service.schemas.remedy import Remedy, Result
from service.schemas.submission import Submission
from service.store import diagnoses

blueprint = Blueprint("remedies", __name__)

YAML = "application/yaml"


class RemediesQuery(Input):
    """Which rows."""

    result: Result | None = None
    """Only those with this result."""


class ApplyQuery(Input):
    """How the submission is written."""

    format: Literal["json", "yaml"] | None = None
    """Overrules the header `Accept` (`application/json`, `application/yaml`)."""


@blueprint.get("/remedies")
@gives(Reply(200, Catalogue, "Every remedy that may be tried"))
def index() -> Catalogue:
    """Read the catalogue of remedies.

    What each changes and which findings it answers. A submission asks for one by `trials: {names: [...]}`.
    """
    known = (
        RemedyDescription(
            name=each.name,
            summary=each.summary,
            answers=tuple(sorted(each.answers)),
            regulariser=each.regulariser,
            sections=each.sections,
        )
        for each in catalogue()
    )
    return Catalogue(items=tuple(known))


@blueprint.get("/diagnoses/<id:diagnosis_id>/remedies")
@takes(query=RemediesQuery)
@gives(Reply(200, Page[Remedy], "Rows, those that help first"), refuses=(NotFound,))
def of_diagnosis(diagnosis_id: str, query: RemediesQuery) -> Page[Remedy]:
    """Read the remedies of a diagnosis.

    Each was run beside the unchanged network; those that do not help are told too. There are none before the
    diagnosis has ended, and none for a healthy network.
    """
    rows = diagnoses.get(clinic().database, diagnosis_id).remedies
    return Page[Remedy](items=tuple(row for row in rows if query.result in {None, row.result}))


@blueprint.get("/diagnoses/<id:diagnosis_id>/remedies/<string:name>")
@gives(Reply(200, Remedy, "The remedy"), refuses=(NotFound,))
def get(diagnosis_id: str, name: str) -> Remedy:
    """Read one remedy.

    What it changes, what came of it seed by seed, and how to do the same in torch and in Keras.
    """
    return _remedy(diagnosis_id, name)


@blueprint.post("/diagnoses/<id:diagnosis_id>/remedies/<string:name>/apply")
@takes(query=ApplyQuery)
@gives(
    Reply(200, Submission, "The submission with the remedy in it, ready to post"),
    Reply(200, None, "The same as YAML", media_type=YAML, schema={"type": "string"}),
    refuses=(NotFound,),
)
def apply(diagnosis_id: str, name: str, query: ApplyQuery) -> Response:
    """Apply a remedy.

    Answers the submission as it was posted with the remedy's patch in it. Nothing is stored or run.
    """
    remedy = _remedy(diagnosis_id, name)
    tree = tree_of(diagnoses.submission(clinic().database, diagnosis_id))
    changed = patched(tree, remedy.patch)
    offered = ["application/json", YAML]
    wants_yaml = request.accept_mimetypes.best_match(offered) == YAML
    if query.format == "yaml" or (query.format is None and wants_yaml):
        return Response(yaml.safe_dump(changed, sort_keys=False, allow_unicode=True), mimetype=YAML)
    return Response(json.dumps(changed, allow_nan=False), mimetype="application/json")


@blueprint.get("/diagnoses/<id:diagnosis_id>/remedies/<string:name>/network.onnx")
@gives(
    Reply(
        200,
        None,
        "The network as the trial left it",
        media_type=BYTES,
        schema={"type": "string", "format": "binary"},
    ),
    refuses=(NotFound,),
)
def network(diagnosis_id: str, name: str) -> Response:
    """Download a repaired network.

    Of a network that came as an ONNX file: its graph with the remedy in it and the weights that the trial trained.
    """
    digest = _remedy(diagnosis_id, name).network
    path = clinic().network_files.path(digest) if digest is not None else None
    if path is None or not path.is_file():
        raise NotFound(f"the remedy {name!r} has no file: it was not run on a network from a file")
    return send_file(
        path, mimetype=BYTES, as_attachment=True, download_name="network.onnx", etag=digest or False
    )


def _remedy(diagnosis_id: str, name: str) -> Remedy:
    rows = diagnoses.get(clinic().database, diagnosis_id).remedies
    found = next((row for row in rows if row.name == name), None)
    if found is None:
        raise NotFound(f"this diagnosis has no remedy {name!r}")
    return found
