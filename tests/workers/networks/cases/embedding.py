from hypothesis import strategies as st

from service.schemas.plan import Tensor
from tests.workers.networks.cases.registry import Case, cases, floats, given, shapes, sizes


@cases("Embedding")
def embedding(draw: st.DrawFn, _: str) -> Case:
    vocab = draw(sizes)
    x = Tensor(shape=draw(shapes(0, 3)), dtype="int", vocab=vocab)
    fields = given(
        draw, num_embeddings=st.integers(vocab, vocab + 3), padding_idx=st.integers(-vocab, vocab - 1),
        max_norm=st.floats(0.1, 2), scale_grad_by_freq=st.booleans(),
    )  # fmt: skip
    return {"embedding_dim": draw(sizes), **fields}, (x,)


@cases("PositionalEmbedding")
def positional(draw: st.DrawFn, _: str) -> Case:
    (x,) = floats(draw, 2, 2)
    longer_or_shorter = st.integers(max(1, x.shape[0] - 1), x.shape[0] + 3)
    return given(draw, max_length=longer_or_shorter), (x,)
