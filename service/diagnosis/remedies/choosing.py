"""Which candidates a diagnosis gets, and in which order: by rank under its findings, each effect once."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence

from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.pairs import paired
from service.diagnosis.remedies.registry import Known, catalogue
from service.diagnosis.remedies.table import WIDE
from service.errors import InvalidSubmission
from service.schemas.data import DatasetInfo
from service.schemas.diagnosis import Finding, Judgement
from service.schemas.evidence import Evidence
from service.schemas.intake import accept
from service.schemas.onnx import OnnxSpec
from service.schemas.plausibility import training_problems
from service.schemas.remedy import Candidate
from service.schemas.submission import Submission

ADVICE = 70
"""From this rank on it is what people advise and what seldom helped."""
MOST = {"quick": (10, 3), "full": (20, 6)}
"""Cures and pieces of popular advice for each finding."""
MOST_WAYS = {"quick": 3, "full": 6}
"""Ways of one cure."""
RANGE_TEST = "learning-rate-range-test"
MADE_UP = Finding(
    rule="not-learning", code="GC504", severity="note", message="", cause="", seeds_shown=0, seeds=0, confidence=0.0,
    fingerprint="",
)  # fmt: skip
"""Stands in where a client asks for a remedy and nothing was found."""


def candidates(evidence: Evidence, judgement: Judgement) -> tuple[Candidate, ...]:
    """What may cure the findings: those of the root cause first, the best by evidence first."""
    full = evidence.submission.probing.profile == "full"
    cases = [Case(evidence, judgement, finding, full) for finding in _hurting(judgement)]
    return _different((each for case in cases for each in _best(case)), evidence)


def named(
    names: Sequence[str], evidence: Evidence, judgement: Judgement, known: Sequence[Known] | None = None
) -> tuple[Candidate, ...]:
    """All ways of the cures that a client asked for, whether a finding calls for them or not."""
    finding = judgement.findings[0] if judgement.findings else MADE_UP
    case = Case(evidence, judgement, finding, full=True)
    chosen = [each for each in known or catalogue() if each.name in names]
    chosen.sort(key=lambda each: names.index(each.name))
    return _different(
        (_candidate(case, each, proposal) for each in chosen for proposal in each.propose(case)), evidence
    )


def _hurting(judgement: Judgement) -> Iterator[Finding]:
    """Findings that are to be cured: not what a network gets by with, and notes only where there is nothing else."""
    acute = [finding for finding in judgement.findings if not finding.latent]
    grave = [finding for finding in acute if finding.severity != "note"]
    yield from grave or acute


def _best(case: Case) -> Iterator[Candidate]:
    """The candidates of one finding within the bounds of the profile, in order of rank."""
    profile = "full" if case.full else "quick"
    most_cures, most_advice = MOST[profile]
    ranked = sorted(_ranked(case), key=lambda pair: pair[0])
    others = [(rank, candidate) for rank, candidate in ranked if not candidate.regulariser]
    cures = [candidate for rank, candidate in others if rank < ADVICE]
    yield from cures[:most_cures]
    advice: dict[str, Candidate] = {}
    for rank, candidate in others:
        if rank >= ADVICE:
            advice.setdefault(candidate.remedy, candidate.model_copy(update={"advice": True}))
    yield from list(advice.values())[:most_advice]
    yield from (candidate for _, candidate in ranked if candidate.regulariser)


def _ranked(case: Case) -> Iterator[tuple[int, Candidate]]:
    """Every candidate of a finding with its rank."""
    ways = MOST_WAYS["full" if case.full else "quick"]
    for known in catalogue():
        rank = known.answers.get(case.finding.rule)
        if rank is None or (known.regulariser and not case.full):
            continue
        proposals = sorted(known.propose(case), key=lambda proposal: proposal.later)[:ways]
        for proposal in proposals:
            yield rank + proposal.later, _candidate(case, known, proposal)
        if proposals:
            for pair in paired(case, known, proposals[0], catalogue()):
                yield rank + pair.later, _pair(case, pair.known, pair.proposals)


def _candidate(case: Case, known: Known, proposal: Proposal) -> Candidate:
    return Candidate(
        name=RANGE_TEST if proposal.kind == "range-test" else _name(known, proposal),
        remedy=known.name,
        rule=case.finding.rule,
        sentence=proposal.sentence,
        submission=proposal.submission,
        torch=proposal.torch,
        keras=proposal.keras,
        kind=proposal.kind,
        regulariser=known.regulariser,
    )


def _pair(case: Case, known: Sequence[Known], proposals: Sequence[Proposal]) -> Candidate:
    """Two cures at once; the second proposal's submission holds both."""
    last = proposals[-1]
    return Candidate(
        name="+".join(_name(each, proposal) for each, proposal in zip(known, proposals, strict=True)),
        remedy="+".join(each.name for each in known),
        rule=case.finding.rule,
        sentence=" ".join(proposal.sentence for proposal in proposals),
        submission=last.submission,
        torch="\n".join(proposal.torch for proposal in proposals),
        keras="\n".join(proposal.keras for proposal in proposals),
    )


def _name(known: Known, proposal: Proposal) -> str:
    return f"{known.name}-{proposal.suffix}" if proposal.suffix else known.name


def _different(found: Iterable[Candidate], evidence: Evidence) -> tuple[Candidate, ...]:
    """Those that can be run, each effect and each name once; what changes nothing is none."""
    effects = {_effect(evidence.submission)}
    names: set[str] = set()
    kept = []
    for candidate in found:
        effect = _effect(candidate.submission)
        if effect in effects or candidate.name in names:
            continue
        effects.add(effect)
        if sound(candidate.submission, evidence.dataset):
            names.add(candidate.name)
            kept.append(candidate)
    return tuple(kept)


def _effect(submission: Submission) -> str:
    """What a submission does, however it is written."""
    parts: Collection[str] = ("network", "networks", "training", "data")
    said = submission.model_dump(mode="json", by_alias=True, include=set(parts))
    return json.dumps(said, sort_keys=True)


def sound(submission: Submission, dataset: DatasetInfo | None) -> bool:
    """Whether it would be accepted, limits apart."""
    if isinstance(submission.network, OnnxSpec):
        written = submission.training.model_dump(exclude_defaults=True)
        return not any(training_problems(submission.training, WIDE, written))
    try:
        accept(submission, WIDE, lambda _digest: dataset)
    except InvalidSubmission:
        return False
    return True
