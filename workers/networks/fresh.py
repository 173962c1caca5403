"""Fresh values for a file's parameters: what the torch layer of the same type begins with, then what rules say.

| part | begins with |
|---|---|
| linear, convolution | uniform in ±1/√(fan in), its bias too |
| projections of attention | glorot_uniform as one matrix, every bias of attention zero |
| recurrent | uniform in ±1/√(states), biases too |
| embedding | normal with deviation 1 |
| scale and shift of a normalization | 1 and 0, running statistics 0 and 1 |
| slope of PReLU | 0.25 |
| what torch has no layer for | normal with the file's own mean and deviation; what is constant there stays |

Values are drawn as torch draws them, weight before bias into (out, in), so a layer of a file and the same layer
written out, of one name, begin with the same bits.
"""

import math
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from service.schemas.initialization import Initialization, Scheme
from workers.networks.onnx.network import Constant, NodeModule
from workers.networks.onnx.operators.normalization import BatchNormalization
from workers.networks.parts import MAPS, Kind, Part

Placed = tuple[str, nn.Parameter, Part]
"""A parameter's name in the file, itself and what it is."""


def fill_layer(parameters: Iterable[Placed], rules: Initialization | None) -> None:
    """Fill a layer's parameters from torch's CPU generator; without rules as torch does by itself."""
    placed = list(parameters)
    with torch.no_grad():
        bound = _bound(placed)
        attention = any(_of_attention(name) for name, _, _ in placed)
        for name, parameter, part in placed:
            _begin(parameter, part, bound, plain=attention or name.endswith("out_proj.bias"))
        for _, parameter, part in placed:
            scheme = None if rules is None else _schemes(rules).get(part.kind)
            if scheme is not None:
                for each in part.maps(parameter):
                    _fill(each, scheme)


def _of_attention(name: str) -> bool:
    return name.endswith(("in_proj_weight", "in_proj_bias"))


def _bound(placed: Iterable[Placed]) -> float:
    """1/√(fan in) of the layer's map; of a recurrent layer 1/√(states); 0 where there is none."""
    for _, parameter, part in placed:
        if part.kind in {"linear", "convolution", "input", "recurrent"}:
            map_ = next(part.maps(parameter))
            count = map_.shape[0] if part.kind in {"input", "recurrent"} else map_[0].numel()
            return 1 / math.sqrt(count) if count else 0.0
    return 0.0


def _begin(parameter: Tensor, part: Part, bound: float, *, plain: bool) -> None:
    if part.kind == "free":
        _redraw(parameter)
        return
    fresh = torch.empty_like(
        part.oriented(parameter), dtype=torch.float32, memory_format=torch.contiguous_format
    )
    match part.kind:
        case "linear" | "convolution":
            for each in Part(part.kind).maps(fresh):
                nn.init.kaiming_uniform_(each, a=math.sqrt(5))
        case "projections":
            nn.init.xavier_uniform_(fresh)
        case "embedding":
            nn.init.normal_(fresh)
        case "scale" | "shift" | "slope" as kind:
            nn.init.constant_(fresh, {"scale": 1.0, "shift": 0.0, "slope": 0.25}[kind])
        case "bias" if plain:
            nn.init.zeros_(fresh)
        case _:
            nn.init.uniform_(fresh, -bound, bound)
    part.oriented(parameter).copy_(fresh)


def _redraw(parameter: Tensor) -> None:
    values = parameter.float()
    mean, deviation = float(values.mean()), float(values.std(correction=0))
    if deviation > 0 and math.isfinite(deviation):
        parameter.copy_(torch.empty_like(values).normal_(mean, deviation))


def _schemes(rules: Initialization) -> Mapping[Kind, Scheme | None]:
    weights = dict.fromkeys([*MAPS, "scale", "slope"], rules.weight)
    return {**weights, "recurrent": rules.recurrent, "bias": rules.bias, "shift": rules.bias}


def _fill(map_: Tensor, scheme: Scheme) -> None:
    """torch.nn.init wants memory in order, which a view that is turned has not."""
    fresh = torch.empty_like(map_, dtype=torch.float32, memory_format=torch.contiguous_format)
    getattr(nn.init, f"{scheme.function}_")(fresh, **scheme.arguments())
    map_.copy_(fresh)


def reset_statistics(module: nn.Module) -> None:
    """Let the running statistics of a batch normalization begin at 0 and 1."""
    if isinstance(module, NodeModule) and isinstance(module.operation, BatchNormalization):
        for place, value in (("3", 0.0), ("4", 1.0)):
            statistic = module.constants[place]
            if isinstance(statistic, Constant):
                statistic.value.fill_(value)
