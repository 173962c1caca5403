"""What pydantic found wrong with a body, as problems: a pointer into what was written, words and a hint."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from service.errors import Problem
from service.schemas.layers.registry import operation_types
from service.schemas.vocabulary import fields_at
from service.schemas.wording import expectation, options, shown

MOST_PROBLEMS = 100
"""More than a person reads at once; looking for near words to all of a hostile body would take minutes."""

SYNONYMS: Final = {
    "dense": "Linear",
    "fc": "Linear",
    "simplernn": "RNN",
    "maxpooling1d": "MaxPool1d",
    "maxpooling2d": "MaxPool2d",
    "averagepooling2d": "AvgPool2d",
    "globalaveragepooling2d": "AdaptiveAvgPool2d",
    "batchnormalization": "BatchNorm1d",
    "layernormalization": "LayerNorm",
    "conv2dtranspose": "ConvTranspose2d",
    "swish": "SiLU",
    "mse": "MSELoss",
    "mean_squared_error": "MSELoss",
    "mae": "L1Loss",
    "huber": "HuberLoss",
    "hinge": "HingeEmbeddingLoss",
    "crossentropy": "CrossEntropyLoss",
    "categorical_crossentropy": "CrossEntropyLoss",
    "sparse_categorical_crossentropy": "CrossEntropyLoss",
    "binary_crossentropy": "BCELoss",
    "kl_divergence": "KLDivLoss",
    "learning_rate": "lr",
    "adadeltaw": "Adadelta",
}
"""What the same thing is called elsewhere, in lower case; a hint only where the name is one of those possible."""

_INFERRED: Final = "leave it out: it is inferred from what comes in"
NEEDLESS: Final = {
    **dict.fromkeys(
        ("in_features", "in1_features", "in2_features", "in_channels", "input_size", "num_features"),
        _INFERRED,
    ),
    **dict.fromkeys(("num_channels", "embed_dim", "d_model"), _INFERRED),
    "batch_first": "leave it out: the batch comes first everywhere",
    "inplace": "leave it out: it changes no number",
    "device": "leave it out: the worker chooses the device",
    "dtype": "leave it out: `training.precision` says it for the whole network",
}
"""Arguments of torch.nn that are not to be written here."""


def problems_of(
    error: ValidationError, body: object, *, pointer: str = "", model: object = None
) -> tuple[Problem, ...]:
    """Every fault once (the first hundred).

    `body` is what was validated and `pointer` its place in what was sent; `model` is what it was validated
    against, for hints at fields. Faults of one value in the members of a union become one problem.
    """
    places: dict[str, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False)[:MOST_PROBLEMS]:
        place = _place(details["loc"], body, added=details["type"] == "missing")
        places.setdefault(joined(pointer, *place), []).append(details)
    found = (problem for place, faults in places.items() for problem in _problems(place, faults, model))
    return tuple(dict.fromkeys(found))


def joined(pointer: str, *parts: str | int) -> str:
    """A JSON pointer, longer by some keys or indices."""
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return "".join((pointer, *(f"/{part}" for part in escaped)))


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The nearest known word as a hint, whatever the case of its letters, or what it is called here."""
    spelled = {candidate.lower(): candidate for candidate in known}
    sought = word[:64].lower()
    synonym = SYNONYMS.get(sought, "").lower()
    near = [synonym] if synonym in spelled else get_close_matches(sought, spelled, n=1, cutoff=0.6)
    return f"did you mean {spelled[near[0]]}?" if near else None


def _problems(pointer: str, faults: list[ErrorDetails], model: object) -> list[Problem]:
    expected = [expectation(details) for details in faults]
    if all(expected):
        wanted = " or ".join(dict.fromkeys(words for words in expected if words))
        message = f"this should be {wanted}, not {shown(faults[0]['input'])}"
        return [Problem(pointer, message, _spelling(faults))]
    return [Problem(pointer, *_words(details, model)) for details in faults]


def _spelling(faults: list[ErrorDetails]) -> str | None:
    """A hint where one of a few words was meant; all of them where none is near."""
    for details in faults:
        if details["type"] == "literal_error":
            known = options(details.get("ctx", {}))
            listed = f"known are {', '.join(known)}" if len(known) > 8 else None
            return did_you_mean(str(details["input"]), known) or listed
    return None


def _place(location: tuple[str | int, ...], body: Any, *, added: bool) -> list[str | int]:
    """Parts of a location that are keys and indices of the body; the tags of unions are not."""
    place: list[str | int] = []
    for part in location:
        if _holds(body, part):
            body = body[part]
            place.append(part)
    if added and isinstance(body, dict):
        place.append(location[-1])
    return place


def _holds(body: Any, part: str | int) -> bool:
    if isinstance(body, list | tuple):
        return isinstance(part, int) and part < len(body)
    return isinstance(body, dict) and part in body


def _words(details: ErrorDetails, model: object) -> tuple[str, str | None]:
    """What is wrong, and what to write instead where that can be said."""
    context, location = details.get("ctx", {}), details["loc"]
    match details["type"]:
        case "union_tag_invalid":
            return _unknown(context)
        case "union_tag_not_found":
            return _untagged(context)
        case "missing":
            return f"`{location[-1]}` is missing", None
        case "extra_forbidden":
            known = fields_at(model, location[:-1])
            name = str(location[-1])[:64]
            listed = f"known are {', '.join(known)}" if known else None
            hint = NEEDLESS.get(name) if "type" in known else None
            return f"there is no field `{name}` here", hint or did_you_mean(name, known) or listed
        case _:
            words = expectation(details)
            return (
                f"this should be {words}, not {shown(details['input'])}" if words else details["msg"]
            ), None


def _untagged(context: dict[str, Any]) -> tuple[str, str | None]:
    key = _discriminator(context)
    if key == "type":
        return "it has no `type`", "name a layer type, e.g. Linear; or use repeat, residual, use or op"
    return f"it has no `{key}`", None


def _unknown(context: dict[str, Any]) -> tuple[str, str | None]:
    tag, key = str(context["tag"])[:64], _discriminator(context)
    if key == "type" and tag in operation_types():
        return f"{tag} is an operation, not a layer type", f"write `op: {tag}`"
    known = options(context)
    listed = f"known are {', '.join(known)}" if len(known) <= 16 else None
    return f"there is no {key} {tag}", did_you_mean(tag, known) or listed


def _discriminator(context: dict[str, Any]) -> str:
    return str(context.get("discriminator", "type")).rsplit(" | ", 1)[-1].strip("'")
