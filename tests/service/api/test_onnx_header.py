"""What an upload is held for, by its outermost bytes."""

import contextlib
import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper

from service.api.foreign import foreign
from service.api.onnx_header import inspect
from service.errors import InvalidSubmission
from tests.service.api.test_networks import CONTENT, DIGEST


def refusal(folder: Path, content: bytes) -> str:
    path = folder / "upload"
    path.write_bytes(content)
    with pytest.raises(InvalidSubmission) as caught:
        inspect(path, DIGEST)
    return caught.value.detail


def saved(value: object, **options: bool) -> bytes:
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        for name in names:
            written.writestr(name, "{}")
    return file.getvalue()


def arrays(**named: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **named)
    return file.getvalue()


def safetensors() -> bytes:
    header = b'{"weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    return len(header).to_bytes(8, "little") + header + b"\0\0\0\0"


FOREIGN = [
    ("nothing", b"", "empty"),
    ("a checkpoint", saved({"weight": torch.ones(2)}), "torch.onnx.export("),
    ("an older checkpoint", saved([1], _use_new_zipfile_serialization=False), "pickle"),
    ("a pickle", pickle.dumps({"a": 1}), "never read"),
    ("TorchScript", archive("net/data.pkl", "net/code/net.py"), "torch.jit.save"),
    ("a data set", arrays(x=np.ones(3)), "/v1/datasets"),
    ("an array", b"\x93NUMPY\x01\x00v\x00", "/v1/datasets"),
    ("Keras", archive("metadata.json", "config.json", "model.weights.h5"), "tf2onnx"),
    ("older Keras", b"\x89HDF\r\n\x1a\n" + bytes(100), "tf2onnx"),
    ("TensorFlow Lite", b"\x1c\x00\x00\x00TFL3" + bytes(100), "TensorFlow Lite"),
    ("onnxruntime", b"\x1c\x00\x00\x00ORTM" + bytes(100), "onnxruntime"),
    ("some zip", archive("network.onnx"), "send the .onnx itself"),
    ("gzip", b"\x1f\x8b\x08" + bytes(100), "gzip"),
    ("tar", b"network.onnx" + bytes(245) + b"ustar\x0000", "tar archive"),
    ("safetensors", safetensors(), "safetensors"),
    ("LFS", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "git lfs pull"),
    ("JSON", b'{"network": {}}', "this is text"),
    ("HTML", b"<!doctype html>\n<title>404</title>", "this is text"),
    ("blank", b"  \n\n", "blank"),
]


@pytest.mark.parametrize(
    ("content", "words"), [case[1:] for case in FOREIGN], ids=[case[0] for case in FOREIGN]
)
def test_a_file_of_another_kind_is_named_with_what_to_do(tmp_path: Path, content: bytes, words: str) -> None:
    assert words in refusal(tmp_path, content)


def test_text_is_shown_without_what_could_harm_a_terminal() -> None:
    assert foreign("\x9b31mred".encode("latin-1")) == foreign(b"\x9b31mred")
    assert "\x9b" not in str(foreign(b"\x9b31mred"))


def test_a_network_is_known_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(CONTENT)
    assert inspect(path, DIGEST).model_dump() == {"digest": DIGEST, "bytes": len(CONTENT)}


def test_functions_and_metadata_are_walked_over(tmp_path: Path) -> None:
    model = onnx.load_model_from_string(CONTENT)
    model.doc_string, model.model_version, model.domain = "d" * 3000, 7, "here"
    helper.set_model_props(model, {"key": "value"})
    for number in range(300):
        model.functions.append(
            helper.make_function("local", f"f{number}", ["a"], ["b"], [], [helper.make_opsetid("", 17)])
        )
    (tmp_path / "upload").write_bytes(model.SerializeToString())
    assert inspect(tmp_path / "upload", DIGEST).bytes > 3000


def test_a_part_of_a_network_is_said_to_be_one(tmp_path: Path) -> None:
    assert "upload all of it" in refusal(tmp_path, CONTENT[: len(CONTENT) // 2])


def test_another_message_of_protobuf_is_no_network(tmp_path: Path) -> None:
    tensor = helper.make_tensor("t", onnx.TensorProto.FLOAT, [2], [1.0, 2.0])
    assert "no ONNX network" in refusal(tmp_path, tensor.SerializeToString())
    assert "lack its version" in refusal(tmp_path, b"\x08\x01\x12\x03abc")


@pytest.mark.parametrize(
    "content",
    [b"\x08" + b"\xff" * 20, b"\x00\x01", b"\x0b\x0c", b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", b"\x08"],
    ids=["an endless number", "field 0", "a group", "a length of exabytes", "no value"],
)
def test_broken_fields_are_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content)


@given(content=st.binary(max_size=300) | st.binary(max_size=50).map(lambda tail: CONTENT[:200] + tail))
def test_no_bytes_cause_another_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed"
    path.write_bytes(content)
    with contextlib.suppress(InvalidSubmission):
        assert inspect(path, DIGEST).bytes == len(content)


def test_an_endless_row_of_small_fields_is_left_to_the_worker(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(b"\x08\x07" * 1_000_000)
    assert inspect(path, DIGEST).bytes == 2_000_000
