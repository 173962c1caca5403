from hypothesis import strategies as st

from service.schemas.plan import Tensor
from tests.workers.networks.cases.registry import Case, cases, given, sizes

masks = st.sampled_from(["none", "causal", "strict_causal", "all"])
heads = st.integers(1, 3)


def sequence(draw: st.DrawFn, heads: int) -> Tensor:
    """(time, features), mostly with features that the heads divide."""
    features = heads * draw(st.integers(1, 3)) + draw(st.sampled_from([0, 0, 0, 0, 1]))
    return Tensor(shape=(draw(sizes), features))


@cases("SelfAttention", "MultiheadAttention")
def attention(draw: st.DrawFn, layer_type: str) -> Case:
    count = draw(heads)
    fields = {"num_heads": count, **given(draw, dropout=st.floats(0, 1), bias=st.booleans(), mask=masks)}
    query = sequence(draw, count)
    if layer_type == "SelfAttention":
        return fields, (query,)
    times = draw(sizes)
    others = (Tensor(shape=(times + draw(st.sampled_from([0, 0, 0, i])), draw(sizes))) for i in range(2))
    return fields, (query, *others)[: draw(st.integers(1, 3))]


@cases("TransformerEncoderLayer")
def encoder_layer(draw: st.DrawFn, _: str) -> Case:
    count = draw(heads)
    flag = st.booleans()
    fields = given(
        draw, dropout=st.floats(0, 1), activation=st.sampled_from(["relu", "gelu"]),
        layer_norm_eps=st.floats(1e-8, 1e-2), norm_first=flag, bias=flag, mask=masks,
    )  # fmt: skip
    return {"nhead": count, "dim_feedforward": draw(sizes), **fields}, (sequence(draw, count),)
