"""From networks as written to a plan: every layer in order, with its shapes; or every problem at once."""

from collections.abc import Mapping, Sequence

from service.errors import InvalidSubmission, Problem
from service.schemas.blocks import Blocks
from service.schemas.counting import Counter
from service.schemas.init_rules import init_rules_for, rule_problems
from service.schemas.layers.shapes import numbers, written
from service.schemas.limits import Limits
from service.schemas.network import NetworkSpec
from service.schemas.plan import Tensor
from service.schemas.planned import Plan, PlannedLayer
from service.schemas.problems import MOST_PROBLEMS, did_you_mean, joined
from service.schemas.scope import INPUT, Scope, Value
from service.schemas.submission import Submission
from service.schemas.walk import Walk

__all__ = [
    "Plan", "PlannedLayer", "expand", "init_rules_for", "input_of", "network_pointers", "submission_networks",
]  # fmt: skip


def submission_networks(submission: Submission) -> dict[str, NetworkSpec]:
    """The networks written out in a submission, by name; the only one is called `main`."""
    if submission.network is not None:
        return {"main": submission.network} if isinstance(submission.network, NetworkSpec) else {}
    return dict(submission.networks or {})


def network_pointers(submission: Submission) -> dict[str, str]:
    """Where each network stands in the body."""
    if submission.network is not None:
        return {"main": "/network"}
    return {name: joined("/networks", name) for name in submission.networks or {}}


def expand(
    networks: Mapping[str, NetworkSpec], limits: Limits, pointers: Mapping[str, str] | None = None
) -> Plan:
    """The plan of these networks, or InvalidSubmission with every problem; nothing over the limits is built.

    `pointers` says where each network stands in the body; where it is left out, a lone `main` stands at
    `/network` and all others in `/networks`.
    """
    places = pointers or _places(networks)
    blocks = {
        name: Blocks(network.blocks, places[name], most=limits.layers) for name, network in networks.items()
    }
    _raise(_size_problems(networks, blocks, limits, places))
    walks: dict[str, Walk] = {}
    outputs: dict[str, int] = {}
    for name, network in networks.items():
        depth = sum(len(walk.planned) for walk in walks.values())
        walks[name] = Walk(name, blocks[name], depth, limits.sequence_length)
        outputs[name] = _walked(network, walks[name], places[name])
    planned = {name: tuple(walk.planned) for name, walk in walks.items()}
    plan = Plan(planned, outputs, {name: input_of(network) for name, network in networks.items()})
    problems = [problem for walk in walks.values() for problem in walk.problems.values()]
    _raise([*problems, *limit_problems(plan, limits, _first(places))])
    _raise([*_idle_problems(plan, places), *_rule_problems(networks, plan, places)])
    return plan


def input_of(network: NetworkSpec) -> Tensor:
    """What flows into a network."""
    return Tensor(shape=network.input.shape, dtype=network.input.dtype, vocab=network.input.vocab)


def _places(networks: Mapping[str, NetworkSpec]) -> dict[str, str]:
    return {name: "/network" if set(networks) == {"main"} else joined("/networks", name) for name in networks}


def _raise(problems: Sequence[Problem]) -> None:
    if problems:
        others = f" (and {len(problems) - 1} more problems)" if len(problems) > 1 else ""
        raise InvalidSubmission(f"{problems[0].message}{others}", problems=problems)


def _size_problems(
    networks: Mapping[str, NetworkSpec],
    blocks: Mapping[str, Blocks],
    limits: Limits,
    places: Mapping[str, str],
) -> list[Problem]:
    """Too many layers: found by counting, before any of them is made."""
    counts: dict[str, int] = {}
    refused: list[Problem] = []
    for name, network in networks.items():
        counter = Counter(blocks[name])
        place = joined(places[name], "layers")
        counts |= {
            joined(place, i): counter.item(item, joined(place, i)) for i, item in enumerate(network.layers)
        }
        refused += counter.problems
    layers = sum(counts.values())
    if layers <= limits.layers:
        return []
    message = f"{layers:,} layers after expansion are over the limit of {limits.layers:,}"
    return [Problem(max(counts, key=lambda place: counts[place]), message, "repeat less"), *refused]


def _walked(network: NetworkSpec, walk: Walk, pointer: str) -> int:
    """Walk a whole network; the depth of its output."""
    scope = Scope({}, Value(INPUT, input_of(network)))
    last = walk.body(network.layers, scope, joined(pointer, "layers"))
    if network.output is None:
        return last.depth
    named = scope.find(network.output)
    if named is None or named.depth == INPUT:
        walk.refuse(
            joined(pointer, "output"),
            f"there is no layer {network.output[:64]}",
            did_you_mean(network.output, scope.known()),
        )
        return last.depth
    return named.depth


def _first(places: Mapping[str, str]) -> str:
    return joined(next(iter(places.values())), "layers")


def limit_problems(plan: Plan, limits: Limits, pointer: str) -> list[Problem]:
    """Over the limits of what a network may need; each names the layer that needs most."""
    problems = []
    if plan.parameters > limits.parameters:
        most = max(plan.layers, key=lambda layer: layer.parameters)
        message = f"{plan.parameters:,} parameters are over the limit of {limits.parameters:,}"
        problems.append(
            Problem(pointer, message, f"{most.name} ({most.type}) has {most.parameters:,} of them")
        )
    if plan.activation_values > limits.activation_values:
        widest = max(plan.layers, key=lambda layer: numbers(layer.output))
        message = (
            f"the outputs of all layers hold {plan.activation_values:,} numbers for one example, "
            f"over the limit of {limits.activation_values:,}"
        )
        hint = f"{widest.name} ({widest.type}) gives {written(widest.output.shape)}"
        problems.append(Problem(pointer, message, hint))
    return problems


def _idle_problems(plan: Plan, places: Mapping[str, str]) -> list[Problem]:
    """Layers whose output goes nowhere, and networks with nothing to train."""
    problems = []
    for name, planned in plan.networks.items():
        taken = {plan.outputs[name]} | {depth for p in planned for depth in p.layer.inputs}
        problems += [
            Problem(
                p.layer.pointer,
                f"nothing takes what {p.layer.name} gives",
                "take it in a later layer's `from`, name it as `output`, or leave it out",
            )
            for p in planned
            if p.layer.depth not in taken
        ]
        if not any(p.layer.parameters for p in planned):
            place = joined(places[name], "layers")
            problems.append(
                Problem(place, "there is nothing to train", "add a layer with weights, e.g. Linear")
            )
    return list({problem.pointer: problem for problem in problems}.values())[:MOST_PROBLEMS]


def _rule_problems(
    networks: Mapping[str, NetworkSpec], plan: Plan, places: Mapping[str, str]
) -> list[Problem]:
    return [
        problem
        for name, network in networks.items()
        for problem in rule_problems(network, (p.layer for p in plan.networks[name]), places[name])
    ]
