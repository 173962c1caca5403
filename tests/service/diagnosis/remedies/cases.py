"""Findings of networks that never ran: enough for a cure to say what it would change."""

from typing import Any

from service.diagnosis.remedies.case import Case
from service.diagnosis.remedies.registry import catalogue
from service.diagnosis.remedies.table import Table
from service.schemas.diagnosis import Finding, Judgement
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.expansion import expand, network_pointers, submission_networks
from service.schemas.limits import Limits
from service.schemas.onnx import OnnxSpec
from service.schemas.patching import tree_of
from service.schemas.plan import Layer
from service.schemas.remedy import Candidate
from service.schemas.run import Outcome
from service.schemas.statistics import LayerStatistics, NetworkStatistics
from service.schemas.submission import Submission

DIGEST = "sha256:" + "0" * 64
SGD = {"loss": "CrossEntropyLoss", "optimizer": {"type": "SGD", "lr": 0.1}, "batch_size": 64, "epochs": 30}
DIGITS = {"source": "builtin", "name": "digits", "preprocess": "minmax"}


def linear(width: int, **more: Any) -> dict[str, Any]:
    """A Linear layer."""
    return {"type": "Linear", "out_features": width, **more}


def deep(activation: Any = "Sigmoid", times: int = 8, width: int = 64, *more: Any) -> list[Any]:
    """Hidden layers in a repeat, and a head."""
    return [
        {"repeat": times, "name": "h", "body": [linear(width), *more, activation]},
        linear(10, name="head"),
    ]


def written(
    layers: list[Any],
    *,
    shape: tuple[int, ...] = (64,),
    training: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
    vocab: int | None = None,
    **network: Any,
) -> dict[str, Any]:
    """A submission; of digits where nothing else is said."""
    tokens = {"dtype": "int", "vocab": vocab} if vocab else {}
    return {
        "network": {"input": {"shape": list(shape), **tokens}, "layers": layers, **network},
        "training": SGD | (training or {}),
        "data": data or DIGITS,
    }


def evidence_of(submission: dict[str, Any], *runs: RunEvidence) -> Evidence:
    """Evidence of these runs, of none where none are given."""
    read = Submission.model_validate(submission)
    plan = expand(submission_networks(read), Limits(), network_pointers(read))
    return Evidence(submission=read, layers=plan.layers, planned_steps=870, runs=runs)


def of_file(submission: dict[str, Any], **spec: Any) -> Evidence:
    """The same network as if it had come as a file."""
    alike = evidence_of(submission)
    network = OnnxSpec.model_validate({"onnx": DIGEST} | spec)
    read = Submission.model_validate(tree_of(alike.submission) | {"network": network})
    layers = tuple(
        Layer.model_validate(layer.model_dump() | {"pointer": "/network/onnx"}) for layer in alike.layers
    )
    return alike.model_copy(update={"submission": read, "layers": layers})


def finding(rule: str, **more: Any) -> Finding:
    """A clear finding of all seeds."""
    known = {
        "rule": rule, "code": "GC000", "severity": "error", "message": "", "cause": "", "seeds_shown": 3, "seeds": 3,
        "confidence": 0.8, "fingerprint": "0" * 16,
    }  # fmt: skip
    return Finding.model_validate(known | more)


def judged(*findings: Finding) -> Judgement:
    """A judgement with these findings, the root cause first."""
    return Judgement(verdict="unstable", summary="", findings=findings, rules_version="1")


def case_of(evidence: Evidence, rule: str = "vanishing-gradient", *, full: bool = False) -> Case:
    """The case of one finding."""
    told = finding(rule)
    return Case(evidence, judged(told), told, full)


def table_of(submission: dict[str, Any], network: str = "main") -> Table:
    """The operating table of one network."""
    evidence = evidence_of(submission)
    return Table(evidence.submission, evidence.layers, network)


def proposed(name: str, submission: dict[str, Any] | Evidence, rule: str) -> dict[str, dict[str, Any]]:
    """The patched submissions of one cure, as they would be written, by their suffix."""
    evidence = submission if isinstance(submission, Evidence) else evidence_of(submission)
    (known,) = [known for known in catalogue() if known.name == name]
    proposals = known.propose(case_of(evidence, rule))
    return {proposal.suffix: tree_of(proposal.submission) for proposal in proposals}


def names(candidates: tuple[Candidate, ...]) -> list[str]:
    """In order."""
    return [candidate.name for candidate in candidates]


def ran(
    *,
    norms: tuple[float, ...] = (),
    update: float | None = None,
    seed: int = 0,
    input_rms: float | None = None,
) -> RunEvidence:
    """A run of which only some numbers are known."""
    outcome = Outcome(
        steps_run=max(1, len(norms)), stopped="planned", first_loss=2.3, last_loss=2.3, best_loss=2.3, trivial_loss=2.3,
        skill=0.0, accuracy=0.1, device="cpu", engine="none", seconds=1.0,
    )  # fmt: skip
    network = tuple(
        NetworkStatistics(step=step, loss=2.3, gradient_norm=norm, input_rms=input_rms)
        for step, norm in enumerate(norms or (1.0,))
    )
    layers = () if update is None else (LayerStatistics(depth=0, step=0, update_ratio=update),)
    return RunEvidence(seed=seed, outcome=outcome, network=network, layers=layers)
