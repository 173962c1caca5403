from typing import Any

from hypothesis import strategies as st

from service.schemas.plan import Tensor
from tests.workers.networks.cases.registry import Case, cases, given

AXES = (1, 2, 3)


def per_axis(axes: int, least: int, most: int) -> st.SearchStrategy[Any]:
    """One number for all axes, or one for each."""
    number = st.integers(least, most)
    return number | st.lists(number, min_size=axes, max_size=axes)


def filtered(draw: st.DrawFn, axes: int) -> tuple[dict[str, Any], Tensor]:
    """What a convolution and its transpose have in common."""
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    channels, out = (groups * draw(st.integers(1, 2)) for _ in range(2))
    if draw(st.integers(0, 9)) == 0:
        channels += 1
    fields = {"out_channels": out, "kernel_size": draw(per_axis(axes, 1, 4)), "groups": groups}
    fields |= given(
        draw,
        stride=per_axis(axes, 1, 3),
        dilation=per_axis(axes, 1, 2),
        bias=st.booleans(),
        norm=st.sampled_from([None, "weight", "spectral"]),
    )
    shape = draw(st.lists(st.integers(1, 7), min_size=axes, max_size=axes))
    return fields, Tensor(shape=(channels, *shape))


@cases(*(f"Conv{axes}d" for axes in AXES))
def convolution(draw: st.DrawFn, layer_type: str) -> Case:
    axes = int(layer_type[-2])
    fields, x = filtered(draw, axes)
    fields |= given(
        draw,
        padding=per_axis(axes, 0, 3) | st.sampled_from(["same", "valid"]),
        padding_mode=st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
    )
    if fields.get("padding") == "same":
        fields["stride"] = 1
    return fields, (x,)


@cases(*(f"ConvTranspose{axes}d" for axes in AXES))
def transposed(draw: st.DrawFn, layer_type: str) -> Case:
    axes = int(layer_type[-2])
    fields, x = filtered(draw, axes)
    fields |= given(draw, padding=per_axis(axes, 0, 3), output_padding=per_axis(axes, 0, 2))
    return fields, (x,)
