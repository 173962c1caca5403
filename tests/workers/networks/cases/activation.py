from hypothesis import strategies as st

from service.schemas.layers.activation import Plain
from tests.workers.networks.cases.registry import Case, cases, floats, given

numbers = st.floats(-2, 2)
positive = st.floats(0.01, 4)


@cases(*Plain.model_fields["type"].annotation.__args__)
def plain(draw: st.DrawFn, _: str) -> Case:
    return {}, floats(draw, 0, 4)


ARGUMENTS = {
    "LeakyReLU": {"negative_slope": numbers},
    "RReLU": {"lower": st.floats(0, 0.2), "upper": st.floats(0.4, 1)},
    "ELU": {"alpha": numbers},
    "CELU": {"alpha": positive},
    "GELU": {"approximate": st.sampled_from(["none", "tanh"])},
    "Softplus": {"beta": positive, "threshold": st.floats(1, 30)},
    "Hardtanh": {"min_val": st.floats(-3, -0.1), "max_val": st.floats(0, 3)},
    "Hardshrink": {"lambd": numbers},
    "Softshrink": {"lambd": st.floats(0, 2)},
    "Sine": {"w0": st.floats(0.1, 60)},
}


@cases(*ARGUMENTS)
def with_arguments(draw: st.DrawFn, layer_type: str) -> Case:
    return given(draw, **ARGUMENTS[layer_type]), floats(draw, 0, 4)


@cases("Threshold")
def threshold(draw: st.DrawFn, _: str) -> Case:
    return {"threshold": draw(numbers), "value": draw(numbers)}, floats(draw, 0, 4)


@cases("PReLU")
def prelu(draw: st.DrawFn, _: str) -> Case:
    (x,) = floats(draw, 1, 4)
    slopes = st.sampled_from([1, x.shape[0], x.shape[0] + 1])
    return given(draw, num_parameters=slopes, init=numbers), (x,)


@cases("Softmax", "Softmin", "LogSoftmax", "GLU")
def along_a_dimension(draw: st.DrawFn, _: str) -> Case:
    (x,) = floats(draw, 1, 4)
    rank = len(x.shape)
    dims = st.integers(1, rank) | st.integers(-rank, -1) | st.sampled_from([rank + 1, -rank - 2])
    return given(draw, dim=dims), (x,)
