"""How asking the service can end other than with a diagnosis."""

from collections.abc import Mapping
from typing import Any

from service.schemas.diagnosis import Diagnosis

PASSING = frozenset({429, 502, 503, 504})
"""What a service, or a proxy before it, says when asking again later helps."""


class ServiceError(Exception):
    """The service said no: `problem` is its problem+json document, `status` the HTTP status."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(explain(status, problem))
        self.status = status
        self.problem = problem


class NotChecked(Exception):
    """There is no verdict: nobody answered, it took too long, or the work could not be done. Never a green light."""

    def __init__(self, message: str, diagnosis: Diagnosis | None = None) -> None:
        super().__init__(f"not checked: {message}")
        self.diagnosis = diagnosis
        """As it stood last, where there was one."""


class ExportFailed(Exception):
    """The module could not be exported, so nothing was sent."""

    def __init__(self, message: str, *, operator: str | None = None, module: str | None = None) -> None:
        super().__init__(f"{message} (nothing was sent)")
        self.reason = message
        self.operator = operator
        """E.g. `aten.linalg_eig`, where an operator is what cannot be exported."""
        self.module = module
        """Path of the module that it stands in; empty for the outermost one."""


class Inexpressible(ValueError):
    """A live object holds something that a submission has no words for, so it would be another training."""


def explain(status: int, problem: Mapping[str, Any]) -> str:
    """A problem document as lines that a person reads: what, where, and what to do."""
    lines = [f"{status} {problem.get('title', 'error')}: {problem.get('detail', '')}".rstrip(": ")]
    for item in problem.get("problems") or ():
        place = [f"line {item['line']}"] if item.get("line") else []
        place += [item["pointer"]] if item.get("pointer") else []
        lines.append("  " + ": ".join([*([", ".join(place)] if place else []), item["message"]]))
        if item.get("hint"):
            lines.append(f"    hint: {item['hint']}")
    return "\n".join(lines)
