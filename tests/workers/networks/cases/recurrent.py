from hypothesis import strategies as st

from tests.workers.networks.cases.registry import Case, cases, floats, given, sizes

flag = st.booleans()


@cases("RNN", "LSTM", "GRU")
def recurrent(draw: st.DrawFn, layer_type: str) -> Case:
    fields = given(
        draw, num_layers=st.integers(1, 3), bias=flag, dropout=st.floats(0, 1), bidirectional=flag,
        output=st.sampled_from(["last", "sequence", "mean"]),
    )  # fmt: skip
    cell = st.sampled_from(["tanh", "relu"])
    if layer_type == "RNN":
        fields |= given(draw, nonlinearity=cell)
    if layer_type == "LSTM":
        fields |= given(draw, activation=cell, forget_bias=st.floats(-3, 3))
    return {"hidden_size": draw(sizes), **fields}, floats(draw, 2, 2)
