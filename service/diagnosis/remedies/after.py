"""What a range test leads to: the submission with the rate that its losses speak for."""

from collections.abc import Sequence

from service.diagnosis.remedies.rates import from_range, rate_of, sweep_of, with_rate
from service.schemas.diagnosis import Judgement
from service.schemas.remedy import Candidate
from service.schemas.submission import Submission


def after_range(
    submission: Submission, judgement: Judgement, losses: Sequence[float]
) -> tuple[Candidate, ...]:
    """The rate that the test found, as the cure that it is: lower or higher than the plan's; nothing else changes."""
    rate, now = from_range(losses, sweep_of(submission)), rate_of(submission.training.optimizer)
    if rate is None or rate == now:
        return ()
    lower = rate < now
    name = "lower-learning-rate" if lower else "raise-learning-rate"
    rule = judgement.findings[0].rule if judgement.findings else ""
    made = Candidate(
        name=name,
        remedy=name,
        rule=rule,
        sentence=f"The learning rate becomes {rate:g}, {'below' if lower else 'above'} the plan's {now:g},"
        " as a range test found it.",
        submission=with_rate(submission, rate),
        torch=f"torch.optim.{submission.training.optimizer.type}(parameters, lr={rate:g})",
        keras=f"model.optimizer.learning_rate = {rate:g}",
    )
    return (made,)
