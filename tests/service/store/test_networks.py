from service.schemas.onnx import NetworkFile
from service.store import networks

FILE = NetworkFile(digest=f"sha256:{'b' * 64}", bytes=123)


def test_what_is_known_of_a_file_is_kept(database):
    networks.save(database, FILE)
    assert networks.get(database, FILE.digest) == FILE


def test_saving_again_changes_nothing(database):
    networks.save(database, FILE)
    networks.save(database, FILE.model_copy(update={"bytes": 7}))
    assert networks.get(database, FILE.digest) == FILE


def test_a_file_that_was_never_uploaded_is_unknown(database):
    assert networks.get(database, "sha256:unknown") is None
