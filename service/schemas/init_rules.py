"""Which initialisation rules speak of which layer: globs on names, later rules win."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from service.errors import Problem
from service.schemas.initialization import Initialization, InitRule
from service.schemas.layers.registry import kinds, layer_types
from service.schemas.network import NetworkSpec
from service.schemas.onnx import OnnxSpec
from service.schemas.plan import Layer
from service.schemas.problems import did_you_mean, joined


def init_rules_for(network: NetworkSpec | OnnxSpec, layer: Layer) -> Initialization:
    """What the network's rules say of one of its layers, tensor by tensor."""
    weight = bias = recurrent = None
    for rule in network.init:
        if _speaks_of(rule, layer):
            weight = rule.weight if rule.weight and _fits(rule, layer) else weight
            bias = rule.bias or bias
            recurrent = rule.recurrent or recurrent
    return Initialization(weight=weight, bias=bias, recurrent=recurrent)


def rule_problems(network: NetworkSpec | OnnxSpec, layers: Iterable[Layer], pointer: str) -> list[Problem]:
    """Rules that name an unknown layer type, or that speak of no layer at all."""
    described = [layer for layer in layers if _dimensions(layer)]
    return [
        problem
        for i, rule in enumerate(network.init)
        for problem in _problems(rule, described, joined(pointer, "init", i))
    ]


def _speaks_of(rule: InitRule, layer: Layer) -> bool:
    named = layer.type in rule.types if rule.types else rule.match != "*" or layer.family != "normalization"
    return named and _dimensions(layer) > 0 and fnmatchcase(layer.name, rule.match)


def _dimensions(layer: Layer) -> int:
    """Of the layer's weight; 0 for what has none, and for operators of a file that no layer kind is called like."""
    kind = kinds().get(layer.type)
    return 0 if kind is None else kind.weight_dimensions


def _fits(rule: InitRule, layer: Layer) -> bool:
    """Whether the scheme can fill the layer's weight: a fan needs two dimensions, a LayerNorm has one."""
    return rule.weight is not None and rule.weight.fits(_dimensions(layer))


def _problems(rule: InitRule, layers: list[Layer], pointer: str) -> list[Problem]:
    unknown = [name for name in rule.types or () if name not in kinds()]
    spoken_of = [layer for layer in layers if _speaks_of(rule, layer)]
    if unknown:
        place = joined(pointer, "layer")
        return [
            Problem(place, f"there is no layer type {name[:64]}", did_you_mean(name, layer_types()))
            for name in unknown
        ]
    if not spoken_of:
        return [Problem(joined(pointer, "match"), _nothing(rule), _names_hint(layers))]
    return [*_misfits(rule, spoken_of, pointer), *_timeless(rule, spoken_of, pointer)]


def _misfits(rule: InitRule, layers: list[Layer], pointer: str) -> list[Problem]:
    """A scheme for weights that fits none of the layers that the rule speaks of."""
    if rule.weight is None or any(_fits(rule, layer) for layer in layers):
        return []
    kind = layers[0].type
    dimensions = _dimensions(layers[0])
    message = f"{rule.weight.scheme} cannot fill the weight of a {kind}: it has {dimensions} dimensions"
    fitting = "uniform, normal, constant, ones or zeros"
    return [Problem(joined(pointer, "weight"), message, f"use {fitting}, or match other layers")]


def _timeless(rule: InitRule, layers: list[Layer], pointer: str) -> list[Problem]:
    """A scheme for weights between time steps where there are none, or that cannot fill a matrix."""
    place = joined(pointer, "recurrent")
    if rule.recurrent is None:
        return []
    if all(layer.family != "recurrent" for layer in layers):
        return [Problem(place, "none of the layers that the rule speaks of is recurrent", "use `weight`")]
    if not rule.recurrent.fits(2):
        return [Problem(place, f"{rule.recurrent.scheme} cannot fill a matrix", "use e.g. orthogonal")]
    return []


def _nothing(rule: InitRule) -> str:
    of = f" of type {' or '.join(rule.types)}" if rule.types else ""
    return f"the rule speaks of no layer with weights: none{of} matches {rule.match}"


def _names_hint(layers: list[Layer]) -> str | None:
    names = [f"{layer.name} ({layer.type})" for layer in layers[:3]]
    return (
        f"layers with weights are {', '.join(names)}{', ...' if len(layers) > 3 else ''}" if names else None
    )
