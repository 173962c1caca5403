"""Two cures at once, for networks that one alone does not heal: a new start often needs a new rate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import Known
from service.errors import InvalidSubmission

LATER, APART = 3, 6
"""How much later than its first half alone a pair is tried, and how far its partners follow one another."""
WORTH = 40
"""Of cures that come later than this under a finding there are no pairs."""


@dataclass(frozen=True)
class Pair:
    """Two cures, and the proposals of each: the second one's submission holds both changes."""

    known: tuple[Known, Known]
    proposals: tuple[Proposal, Proposal]
    later: int


def paired(case: Case, known: Known, proposal: Proposal, catalogue: Sequence[Known]) -> Iterator[Pair]:
    """The cure together with each that it names as its partner, in that order."""
    if proposal.kind != "cure" or known.answers.get(case.finding.rule, WORTH + 1) > WORTH:
        return
    try:
        after = case.on(proposal.submission)
    except InvalidSubmission:
        return
    partners = {each.name: each for each in catalogue}
    for place, name in enumerate(known.pairs):
        second = sorted(partners[name].propose(after), key=lambda each: each.later)
        best = next((each for each in second if each.kind == "cure"), None)
        if best is not None:
            yield Pair((known, partners[name]), (proposal, best), proposal.later + LATER + APART * place)
