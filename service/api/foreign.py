"""Files that are often sent in the place of an ONNX network: told by their first bytes, with what to do instead."""

from service.schemas.recipes import KERAS, TORCH

_NEVER = "pickles run code, so they are never read"
_TORCH = f"export the network instead: {TORCH}"
_KERAS = (
    "write its layers out in the submission, with `defaults: keras`; or export it with tf2onnx, which keeps neither "
    f"batch normalisation nor dropout: {KERAS}"
)
_MAGIC = (
    (b"\x89HDF\r\n\x1a\n", f"this is HDF5, as Keras writes its .h5; {_KERAS}"),
    (b"\x93NUMPY", "this is a numpy array; data are an .npz with `x` and `y` and go to /v1/datasets"),
    (b"version https://git-lfs", "this is a pointer of Git LFS; fetch the file itself with `git lfs pull`"),
    (b"GGUF", "this is GGUF, weights for inference; export the network from where it is trained"),
    (b"\x1f\x8b", "this is compressed with gzip; send the .onnx itself"),
    (b"\x28\xb5\x2f\xfd", "this is compressed with zstd; send the .onnx itself"),
    (b"BZh", "this is compressed with bzip2; send the .onnx itself"),
    (b"\xfd7zXZ\x00", "this is compressed with xz; send the .onnx itself"),
    (b"7z\xbc\xaf\x27\x1c", "this is a 7z archive; send the .onnx itself"),
)
_FORMS = {
    b"TFL3": f"this is TensorFlow Lite, which cannot be trained; {_KERAS}",
    b"ORTM": "this is onnxruntime's own format, which cannot be trained; send the .onnx that it was made of",
}
"""At the fifth byte of a flatbuffer."""
_PICKLES = frozenset(bytes((0x80, version)) for version in range(2, 6))
_SHOWN = 60


def foreign(beginning: bytes) -> str | None:
    """What these first bytes are and what to do instead; None where they may be ONNX."""
    if not beginning:
        return "the file is empty"
    if beginning.startswith(b"PK"):
        return _archive(beginning)
    if beginning[:2] in _PICKLES:
        return f"this is a pickle, as older `torch.save` and joblib write; {_NEVER}; {_TORCH}"
    if beginning[8:9] == b"{" and b'"dtype"' in beginning:
        return f"this is safetensors, weights without their network; {_TORCH}"
    if beginning[257:262] == b"ustar":
        return "this is a tar archive; send the .onnx itself"
    known = next((text for magic, text in _MAGIC if beginning.startswith(magic)), None)
    return known or _FORMS.get(beginning[4:8]) or _text(beginning)


def _archive(beginning: bytes) -> str:
    """Zip archives are told apart by the name of their first entry."""
    if b"data.pkl" in beginning or b".format_version" in beginning or b"/byteorder" in beginning:
        return (
            f"this is a zip with a pickle, as `torch.save` and `torch.jit.save` write .pt; {_NEVER}; {_TORCH}"
        )
    if beginning[30:64].startswith((b"x.npy", b"y.npy")):
        return "this is a data set, an .npz; it goes to /v1/datasets"
    if b"metadata.json" in beginning or b"config.json" in beginning:
        return f"this is a zip, as Keras writes its .keras; {_KERAS}"
    return "this is a zip archive; send the .onnx itself"


def _text(beginning: bytes) -> str | None:
    """Text has no control characters, of which the first bytes of every ONNX file are some."""
    if any(byte < 0x20 and byte not in b"\t\n\r\f" for byte in beginning):
        return None
    line = beginning.decode("latin-1").strip().splitlines()[:1]
    shown = ascii(line[0][:_SHOWN]) if line else "blank"
    return f"this is text ({shown}); a network that is written out goes into the submission itself"
