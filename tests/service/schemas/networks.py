"""Short ways to write networks and to expand them."""

from service.errors import InvalidSubmission, Problem
from service.schemas.expansion import expand
from service.schemas.limits import Limits
from service.schemas.network import NetworkSpec
from service.schemas.plan import Layer
from service.schemas.planned import Plan


def linear(out_features: int, **more: object) -> dict[str, object]:
    return {"type": "Linear", "out_features": out_features, **more}


def network(*layers: object, shape: tuple[int, ...] = (8,), **more: object) -> NetworkSpec:
    return NetworkSpec.model_validate({"input": {"shape": shape}, "layers": layers, **more})


def planned(*layers: object, **more: object) -> Plan:
    return expand({"main": network(*layers, **more)}, Limits())


def layers_of(*layers: object, **more: object) -> tuple[Layer, ...]:
    return planned(*layers, **more).layers


def names(*layers: object, **more: object) -> list[str]:
    return [layer.name for layer in layers_of(*layers, **more)]


def refused(*layers: object, limits: Limits | None = None, **more: object) -> dict[str, Problem]:
    """The problems of a network by pointer."""
    try:
        expand({"main": network(*layers, **more)}, limits or Limits())
    except InvalidSubmission as error:
        return {problem.pointer: problem for problem in error.problems}
    return {}
