from hypothesis import strategies as st

from tests.workers.networks.cases.registry import Case, cases, floats, given

RANKS = {
    "Dropout": (0, 4), "AlphaDropout": (0, 4), "FeatureAlphaDropout": (1, 4),
    "Dropout1d": (2, 2), "Dropout2d": (3, 3), "Dropout3d": (4, 4),
}  # fmt: skip


@cases(*RANKS)
def dropout(draw: st.DrawFn, layer_type: str) -> Case:
    return given(draw, p=st.floats(0, 1)), floats(draw, *RANKS[layer_type])
