"""What a range test leads to: the submission with the rate that its losses speak for, and with a more careful one."""

from collections.abc import Iterator, Sequence

from service.diagnosis.remedies.rates import CAREFUL, from_range, rate_of, sweep_of, with_rate
from service.schemas.diagnosis import Judgement
from service.schemas.remedy import Candidate
from service.schemas.submission import Submission


def after_range(
    submission: Submission, judgement: Judgement, losses: Sequence[float]
) -> tuple[Candidate, ...]:
    """The rate that the test found, as the cure that it is: lower or higher than the plan's; nothing else changes."""
    rate = from_range(losses, sweep_of(submission))
    rule = judgement.findings[0].rule if judgement.findings else ""
    if rate is None:
        return ()
    careful = float(f"{rate / CAREFUL:.1g}")
    return (*_at(submission, rule, rate, ""), *_at(submission, rule, careful, "-careful"))


def _at(submission: Submission, rule: str, rate: float, suffix: str) -> Iterator[Candidate]:
    now = rate_of(submission.training.optimizer)
    if rate == now:
        return
    lower = rate < now
    name = "lower-learning-rate" if lower else "raise-learning-rate"
    found = "as a range test found it" if not suffix else "a quarter of what a range test found"
    yield Candidate(
        name=name + suffix,
        remedy=name,
        rule=rule,
        sentence=f"The learning rate becomes {rate:g}, {'below' if lower else 'above'} the plan's {now:g}, {found}.",
        submission=with_rate(submission, rate),
        torch=f"torch.optim.{submission.training.optimizer.type}(parameters, lr={rate:g})",
        keras=f"model.optimizer.learning_rate = {rate:g}",
    )
