"""One entry of the corpus: a submission, the fault that was put into it, and the same network done right."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

Submission = dict[str, Any]
Measure = Literal["loss", "accuracy", "samples"]
"""What an outcome is compared by: the task's loss, the accuracy where a fix changes the loss itself, or (of a
generator) how far its samples are from the real ones."""

_INCIDENTAL = ("Linear", "Flatten", "Pool", "Norm", "Dropout", "Embedding", "Softmax")
"""Parts of type names that do not make a program: what is around the layers that give it its character."""


@dataclass(frozen=True)
class Configuration:
    """A submission whose outcome decides what it is; `mechanism` is only what was intended."""

    name: str
    submission: Submission
    fix: Submission
    """The same network with the textbook's cure; for one that is meant to be healthy, the textbook's network."""
    mechanism: str | None = None
    """Rule that names the root cause; None where none was put in."""
    also: tuple[str, ...] = ()
    """Further rules that are true of it: what follows from the root."""
    same_root: tuple[str, ...] = ()
    """Other rules that name the same root, so that any of them leading is the right cause."""
    compare: Measure = "loss"

    @property
    def true_rules(self) -> frozenset[str]:
        """All rules that may be found where the fault bites."""
        return self.root_rules | frozenset(self.also)

    @property
    def root_rules(self) -> frozenset[str]:
        """The rules of which any may lead."""
        return frozenset((*self.same_root, *((self.mechanism,) if self.mechanism else ())))

    @cached_property
    def program(self) -> str:
        """Data, character and optimiser, e.g. `digits-64-relu-sgd`: no program stands in both parts of the corpus.

        Depth, width, weights, norms, shortcuts, rates and faults do not make a new program.
        """
        networks = self.submission.get("networks") or {"main": self.submission["network"]}
        data = self.submission["data"]
        task = data.get("name") or f"synthetic-{data['task']}"
        shape = [] if "networks" in self.submission else next(iter(networks.values()))["input"]["shape"]
        size = "x".join(map(str, shape)) if task == "digits" else ""
        kinds = sorted({kind for network in networks.values() for kind in _types(network["layers"])})
        character = [kind.lower() for kind in kinds if not any(part in kind for part in _INCIDENTAL)]
        optimizer = self.submission["training"]["optimizer"]["type"].lower()
        return "-".join(part for part in (task, size, *(character or ["linear"]), optimizer) if part)


def _types(item: Any) -> Iterator[str]:
    """Type names of all layers in a part of a network."""
    if isinstance(item, str):
        yield item
    elif isinstance(item, list):
        for one in item:
            yield from _types(one)
    elif isinstance(item, dict):
        if "type" in item:
            yield item["type"]
        for key in ("body", "residual", "shortcut"):
            if key in item:
                yield from _types(item[key])
