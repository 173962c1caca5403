from service.schemas.data import DatasetInfo
from service.store import datasets

INFO = DatasetInfo(
    digest="sha256:" + "0" * 64,
    bytes=1000,
    examples=10,
    x_shape=(3, 8, 8),
    x_dtype="float",
    y_shape=(),
    y_dtype="int",
)


def test_a_data_set_is_remembered(database):
    datasets.save(database, INFO)
    assert datasets.get(database, INFO.digest) == INFO


def test_saving_again_does_no_harm(database):
    datasets.save(database, INFO)
    datasets.save(database, INFO)
    assert datasets.get(database, INFO.digest) == INFO


def test_what_was_never_uploaded_is_unknown(database):
    assert datasets.get(database, "sha256:" + "1" * 64) is None
