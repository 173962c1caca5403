"""JSON Patch (RFC 6902) against a submission: applied within bounds, made from two submissions, told as a diff.

A patch of a client is hostile: `copy` can double a tree with every operation. Sizes are therefore added up before
an operation is applied, operation by operation.
"""

import difflib
import json
from collections.abc import Iterator, Sequence
from typing import Any

import jsonpatch
import yaml
from jsonpointer import JsonPointer, JsonPointerException
from pydantic import ValidationError

from service.errors import InvalidSubmission, MalformedBody, Problem
from service.schemas.body.tree import check_size
from service.schemas.limits import Limits
from service.schemas.problems import problems_of
from service.schemas.submission import Submission
from service.schemas.trials import PatchOperation, Variant

Tree = dict[str, Any]
KEPT = ("project", "branch", "commit", "probing", "policy", "trials")
"""Parts that a variant shares with the submission: another place or budget would make it no comparison."""


def tree_of(submission: Submission) -> Tree:
    """A submission as it was written: without the defaults, to be read back as the same."""
    said: Tree = submission.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if submission.data is not None:
        # A default that tells the kinds of data apart, and so cannot be left out.
        said["data"]["source"] = submission.data.source
    return said


def patched(tree: Tree, patch: Sequence[PatchOperation], limits: Limits) -> Any:
    """The tree after all operations; raises InvalidSubmission with the place of the one that cannot be applied."""
    for place, operation in enumerate(patch):
        written = operation.model_dump(mode="json")
        try:
            _check_growth(tree, operation, limits)
            tree = jsonpatch.JsonPatch([written]).apply(tree)
        except (jsonpatch.JsonPatchException, JsonPointerException, TypeError) as error:
            raise _unfit(
                place, f"{operation.op} {operation.path!r} cannot be applied: {_why(error)}"
            ) from error
        except MalformedBody as error:
            raise _unfit(place, f"the submission would be too large: {error.detail}") from error
    return tree


def difference(before: Tree, after: Tree) -> tuple[PatchOperation, ...]:
    """The patch that makes the one of the other."""
    made = jsonpatch.make_patch(before, after).patch
    return tuple(PatchOperation.model_validate(operation) for operation in made)


def yaml_diff(before: Tree, after: Tree) -> str:
    """The change as a unified diff of the YAML."""
    old, new = (_yaml(tree).splitlines(keepends=True) for tree in (before, after))
    return "".join(difflib.unified_diff(old, new, "submission.yaml", "submission.yaml", n=2))


def apply_variant(submission: Submission, variant: Variant, limits: Limits) -> Submission:
    """The submission as a client's variant changes it; raises InvalidSubmission, pointers into the variant."""
    before = tree_of(submission)
    after = patched(before, variant.patch, limits)
    if not isinstance(after, dict):
        raise InvalidSubmission("", problems=[Problem("/patch", "the patch leaves no submission")])
    changed = next((part for part in KEPT if after.get(part) != before.get(part)), None)
    if changed is not None:
        problem = Problem(
            "/patch", f"a variant cannot change `{changed}`", "change network, training or data"
        )
        raise InvalidSubmission(problem.message, problems=[problem])
    try:
        return Submission.model_validate(after)
    except ValidationError as error:
        raise InvalidSubmission(
            "", problems=_of_result(problems_of(error, after, model=Submission))
        ) from error


def variant_problems(submission: Submission, limits: Limits) -> Iterator[Problem]:
    """Variants of a submission that cannot be made; whether they can be run is found when they are tried."""
    for place, variant in enumerate(submission.trials.variants):
        try:
            apply_variant(submission, variant, limits)
        except InvalidSubmission as error:
            for problem in error.problems:
                yield Problem(f"/trials/variants/{place}{problem.pointer}", problem.message, problem.hint)


def size_of(patch: Sequence[PatchOperation]) -> int:
    """Bytes of a patch as JSON: the measure of how much a remedy changes."""
    return len(json.dumps([operation.model_dump(mode="json") for operation in patch]))


def _check_growth(tree: Tree, operation: PatchOperation, limits: Limits) -> None:
    """Refuse before anything is copied what would be too large or too deep."""
    added: Any = operation.value
    if operation.op == "copy":
        added = JsonPointer(operation.origin or "").resolve(tree)
    if operation.op in {"add", "replace", "copy", "move"}:
        (nodes, depth), (more, deeper) = _extent(tree), _extent(added)
        levels = operation.path.count("/")
        moved = depth if operation.op == "move" else deeper
        check_size(nodes + more, max(depth, levels + moved), limits)


def _extent(tree: Any) -> tuple[int, int]:
    """Number of values and depth, without recursion."""
    nodes, depth, level = 0, 0, [tree]
    while level:
        nodes, depth = nodes + len(level), depth + 1
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    return nodes, depth


def _why(error: Exception) -> str:
    """The library's words quote the whole document, so only the short ones are told."""
    if isinstance(error, jsonpatch.JsonPatchTestFailed):
        return "there is another value"
    if isinstance(error, jsonpatch.JsonPatchPathNotFound) or "not found in" in str(error):
        return "there is nothing at that place"
    return str(error)[:120]


def _unfit(place: int, message: str) -> InvalidSubmission:
    return InvalidSubmission(message, problems=[Problem(f"/patch/{place}", message[:500])])


def _of_result(problems: Sequence[Problem]) -> list[Problem]:
    """Faults of the patched submission, told at the patch: its own pointers lead nowhere in what was sent."""
    return [
        Problem(
            "/patch", f"with this patch, at {problem.pointer or 'the top'}: {problem.message}", problem.hint
        )
        for problem in problems
    ]


def _yaml(tree: Tree) -> str:
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=100)
