"""From evidence to a verdict: every rule on every run, merged over seeds, symptoms hung on their cause."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from service.diagnosis.findings import ASIDE, Rank, Sighted, as_finding, as_symptom, foreseen, merge
from service.diagnosis.progress import LEARNING
from service.diagnosis.registry import VERSION, Rule, rules
from service.diagnosis.signals import Signals, signals_of
from service.diagnosis.structure import structures
from service.schemas.data import DatasetInfo
from service.schemas.diagnosis import Finding, Judgement, Verdict
from service.schemas.evidence import Evidence
from service.schemas.plan import Layer
from service.schemas.submission import Submission

STAGES = ("data", "precision", "output", "initialization", "architecture", "learning-rate", "consequence")
"""Order of causes: an earlier one is asked for first, and may account for what later ones see."""


def judge(evidence: Evidence, book: Sequence[Rule] | None = None) -> Judgement:
    """Judge the runs of one variant; pure, and the same evidence always gives the same judgement."""
    views = [view for run in evidence.runs for view in signals_of(evidence, run)]
    told = _findings(_by_network(views), rules() if book is None else book)
    findings = [finding for _, finding in sorted(told, key=lambda pair: pair[0])]
    verdict, reason = _verdict(findings, views)
    return Judgement(
        verdict=verdict,
        summary=_summary(verdict, findings, reason),
        reason=reason,
        findings=tuple(findings),
        rules_version=VERSION,
    )


def inspect(
    submission: Submission, layers: Sequence[Layer], dataset: DatasetInfo | None = None
) -> tuple[Finding, ...]:
    """What can be said before anything has run: findings that no seed has shown yet."""
    found = [
        (known.stage, foreseen(known, structure, sighting))
        for structure in structures(submission, layers, dataset)
        for known in rules()
        if known.inspect is not None and (sighting := known.inspect(structure)) is not None
    ]
    order = ("error", "warning", "note")
    ranked = sorted(found, key=lambda pair: (order.index(pair[1].severity), STAGES.index(pair[0])))
    return tuple(finding for _, finding in ranked)


def _by_network(views: list[Signals]) -> list[list[Signals]]:
    """Views of all seeds, grouped by network, in order of depth."""
    order = list(dict.fromkeys(view.network for view in views))
    ranked = sorted(views, key=lambda view: order.index(view.network))
    return [list(group) for _, group in groupby(ranked, key=attrgetter("network"))]


def _findings(networks: Sequence[list[Signals]], book: Sequence[Rule]) -> list[tuple[Rank, Finding]]:
    """Causes, each with its rank and the symptoms it explains; adversaries make one another ill."""
    sighted = [item for views in networks for rule in book if (item := merge(rule, views)) is not None]
    causes: list[tuple[Sighted, list[Sighted]]] = []
    for item in sorted(sighted, key=_precedence):
        symptoms = next((symptoms for cause, symptoms in causes if cause.accounts_for(item)), None)
        if symptoms is None:
            causes.append((item, []))
        else:
            symptoms.append(item)
    return [
        (cause.rank, as_finding(cause, symptoms=tuple(as_symptom(item) for item in symptoms)))
        for cause, symptoms in causes
    ]


def _precedence(item: Sighted) -> tuple[bool, int, int, str]:
    """Earlier stages first, within a stage what explains the other first; what names no cause comes last."""
    return (item.rule.residual, STAGES.index(item.stage), -len(item.rule.explains), item.rule.code)


def _verdict(findings: Sequence[Finding], views: Sequence[Signals]) -> tuple[Verdict, str | None]:
    """What the findings and the outcome say together; they may disagree, which is said."""
    acute = [finding for finding in findings if not finding.latent]
    if any(finding.severity == "error" for finding in acute):
        return "unstable", None
    warnings = [finding for finding in acute if finding.severity == "warning"]
    if any(not finding.code.startswith(ASIDE) for finding in warnings):
        return "warning", None
    reason = _open_question(views)
    if reason is not None:
        return "inconclusive", reason
    return "warning" if warnings else "healthy", None


def _open_question(views: Sequence[Signals]) -> str | None:
    """Why nothing can be said where nothing accounts for an outcome; None where most runs learn."""
    skills = [view.skill for view in views if view.skill is not None]
    learned = sum(view.learned or view.skill >= LEARNING for view in views if view.skill is not None)
    if not skills or learned * 2 > len(skills):
        return None
    ran = max(view.run.outcome.steps_run for view in views)
    planned = views[0].planned_steps
    coming = [view.projected_skill for view in views if view.projected_skill is not None]
    if coming and _middle(coming) >= LEARNING:
        return (
            f"the loss is still falling (skill {_middle(skills):.2f} after {ran} of {planned} planned steps); more"
            " steps of probing would tell where it ends"
        )
    return (
        f"the loss stayed near that of the best constant prediction (skill {_middle(skills):.2f}) after"
        f" {ran} of {planned} planned steps, and nothing in the gradients accounts for it"
    )


def _middle(values: Sequence[float]) -> float:
    """Upper median."""
    return sorted(values)[len(values) // 2]


def _summary(verdict: Verdict, findings: Sequence[Finding], reason: str | None) -> str:
    """The verdict in one sentence."""
    if verdict in {"unstable", "warning"}:
        return findings[0].message
    if verdict == "inconclusive":
        return f"Inconclusive: {reason}."
    latent = [finding.rule for finding in findings if finding.latent]
    if latent:
        return f"Healthy: the network learns; {', '.join(latent)} can be seen in it and does not hurt."
    return "Healthy: gradients reach every layer, updates have a sound size, and the loss goes down."
