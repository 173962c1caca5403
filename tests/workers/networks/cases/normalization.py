from hypothesis import strategies as st

from tests.workers.networks.cases.registry import Case, cases, floats, given

flag = st.booleans()
eps = st.floats(1e-8, 1e-2)
RANKS = {
    "BatchNorm1d": (1, 2), "BatchNorm2d": (3, 3), "BatchNorm3d": (4, 4),
    "InstanceNorm1d": (2, 2), "InstanceNorm2d": (3, 3), "InstanceNorm3d": (4, 4),
}  # fmt: skip


@cases(*RANKS)
def by_channel(draw: st.DrawFn, layer_type: str) -> Case:
    fields = given(draw, eps=eps, momentum=st.none() | st.floats(0, 1), affine=flag, track_running_stats=flag)
    return fields, floats(draw, *RANKS[layer_type])


@cases("GroupNorm")
def group_norm(draw: st.DrawFn, _: str) -> Case:
    return {"num_groups": draw(st.integers(1, 4)), **given(draw, eps=eps, affine=flag)}, floats(draw, 1, 4)


@cases("LayerNorm", "RMSNorm")
def over_the_last_axes(draw: st.DrawFn, layer_type: str) -> Case:
    (x,) = floats(draw, 1, 4)
    wanted = x.shape[draw(st.integers(0, len(x.shape) - 1)) :]
    shape = st.sampled_from([None, wanted, x.shape[-1], x.shape[-1] + 1, (*wanted[:-1], wanted[-1] + 1)])
    fields = given(draw, normalized_shape=shape, eps=eps, elementwise_affine=flag)
    return fields | (given(draw, bias=flag) if layer_type == "LayerNorm" else {}), (x,)


@cases("LocalResponseNorm")
def local_response(draw: st.DrawFn, _: str) -> Case:
    fields = given(draw, alpha=st.floats(0, 1), beta=st.floats(0, 1), k=st.floats(0.1, 2))
    return {"size": draw(st.integers(1, 5)), **fields}, floats(draw, 2, 4)
