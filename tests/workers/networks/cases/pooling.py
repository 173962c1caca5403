from hypothesis import strategies as st

from service.schemas.plan import Tensor
from tests.workers.networks.cases.convolution import AXES, per_axis
from tests.workers.networks.cases.registry import Case, cases, given


def image(draw: st.DrawFn, axes: int) -> tuple[Tensor, ...]:
    shape = draw(st.lists(st.integers(1, 9), min_size=axes, max_size=axes))
    return (Tensor(shape=(draw(st.integers(1, 3)), *shape)),)


@cases(*(f"{kind}Pool{axes}d" for axes in AXES for kind in ("Max", "Avg")))
def by_window(draw: st.DrawFn, layer_type: str) -> Case:
    axes = int(layer_type[-2])
    fields = {"kernel_size": draw(per_axis(axes, 1, 4))}
    fields |= given(draw, stride=per_axis(axes, 1, 4), padding=per_axis(axes, 0, 2), ceil_mode=st.booleans())
    if layer_type.startswith("Max"):
        fields |= given(draw, dilation=per_axis(axes, 1, 3))
    else:
        fields |= given(draw, count_include_pad=st.booleans())
    return fields, image(draw, axes)


@cases(*(f"Adaptive{kind}Pool{axes}d" for axes in AXES for kind in ("Max", "Avg")))
def adaptive(draw: st.DrawFn, layer_type: str) -> Case:
    axes = int(layer_type[-2])
    number = st.integers(1, 10)
    return {"output_size": draw(number | st.lists(number | st.none(), min_size=axes, max_size=axes))}, image(
        draw, axes
    )
