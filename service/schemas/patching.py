"""JSON Patch (RFC 6902) against a submission: applied within bounds, made from two submissions, told as a diff.

A patch of a client is hostile: `copy` can double a tree with every operation. Sizes are therefore added up before
an operation is applied, operation by operation, and none costs more than what it adds.
"""

import difflib
import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
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
Extent = tuple[int, int]
"""Number of values, and how deep they are nested."""
MOST_READ = 50_000
"""Characters of a diff."""
KEPT = ("project", "branch", "commit", "probing", "policy", "trials")
"""Parts that a variant shares with the submission: another place or budget would make it no comparison."""


def tree_of(submission: Submission) -> Tree:
    """A submission as it was written: without the defaults, to be read back as the same."""
    said: Tree = submission.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if submission.data is not None:
        # A default that tells the kinds of data apart, and so cannot be left out.
        said["data"]["source"] = submission.data.source
    return said


def patched(tree: Tree, patch: Sequence[PatchOperation], limits: Limits | None = None) -> Any:
    """The tree after all operations; raises InvalidSubmission with the place of the one that cannot be applied.

    Without limits for patches that were made here.
    """
    changed: Any = deepcopy(tree)
    size = _extent(tree)
    for place, operation in enumerate(patch):
        try:
            size = size if limits is None else _grown(changed, size, operation, limits)
            written = deepcopy(operation.model_dump(mode="json"))
            changed = jsonpatch.JsonPatch([written]).apply(changed, in_place=True)
        except (jsonpatch.JsonPatchException, JsonPointerException, TypeError) as error:
            why = f"{operation.op} {operation.path!r} cannot be applied: {_why(error)}"
            hint = (
                "what stands at its default is not there yet: `add` it" if operation.op == "replace" else None
            )
            raise _unfit(place, why, hint) from error
        except MalformedBody as error:
            raise _unfit(place, f"the submission would be too large: {error.detail}") from error
    return changed


def difference(before: Tree, after: Tree) -> tuple[PatchOperation, ...]:
    """The patch that makes the one of the other."""
    made = jsonpatch.make_patch(before, after).patch
    return tuple(PatchOperation.model_validate(operation) for operation in made)


def yaml_diff(before: Tree, after: Tree) -> str:
    """The change as a unified diff of the YAML; empty where it is too long for anybody to read."""
    old, new = (_yaml(tree).splitlines(keepends=True) for tree in (before, after))
    text = "".join(difflib.unified_diff(old, new, "submission.yaml", "submission.yaml", n=2))
    return text if len(text) <= MOST_READ else ""


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


def _grown(tree: Tree, size: Extent, operation: PatchOperation, limits: Limits) -> Extent:
    """An upper bound of the tree's size after an operation; refused before anything is copied where it is too large.

    What is taken away is not counted, so that no operation needs a look at the whole tree.
    """
    nodes, depth = size
    levels = operation.path.count("/")
    if operation.op in {"add", "replace", "copy", "move"}:
        added: Any = operation.value
        if operation.origin is not None:
            added = JsonPointer(operation.origin).resolve(tree)
        more, deeper = _extent(added)
        nodes = nodes if operation.op == "move" else nodes + more
        depth = max(depth, levels + deeper)
    check_size(nodes, depth, limits)
    return nodes, depth


def _extent(tree: Any) -> Extent:
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


def _unfit(place: int, message: str, hint: str | None = None) -> InvalidSubmission:
    return InvalidSubmission(message, problems=[Problem(f"/patch/{place}", message[:500], hint)])


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
