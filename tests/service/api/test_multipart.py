"""Bodies in parts: streamed, bounded, and refused with a reason."""

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException

from service.api.multipart import BUFFER, CHUNK, MOST_PARTS, parts
from service.errors import ClinicError, MalformedBody, TooLarge

BOUNDARY = "xYz"


def written(*named: tuple[str, bytes], tail: bytes = b"--xYz--\r\n", filename: bool = True) -> bytes:
    file = '; filename="f"' if filename else ""
    heads = (
        f'--xYz\r\nContent-Disposition: form-data; name="{name}"{file}\r\nContent-Type: text/X; a=b\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in named
    )
    return b"".join(heads) + tail


def read(body: bytes, limit: int = 10**9, size: int = 1 << 20) -> list[tuple[str, bytes]]:
    found = []
    for part in parts(io.BytesIO(body), BOUNDARY, limit):
        content = b""
        while chunk := part.read(size):
            assert len(chunk) <= size
            content += chunk
        found.append((part.name, content))
    return found


@pytest.mark.parametrize("filename", [True, False])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_parts_are_what_was_sent(filename: bool, size: int) -> None:
    sent = [("spec", b"a: 1\r\n--xY\r\n\n--xYzz"), ("model", bytes(range(256)) * 9), ("data", b"")]
    assert read(written(*sent, filename=filename), size=size) == sent


@given(st.lists(st.tuples(st.sampled_from("abc"), st.binary(max_size=200)), max_size=MOST_PARTS))
def test_any_bytes_arrive(sent: list[tuple[str, bytes]]) -> None:
    assert read(written(*[(name, content.replace(b"--xYz", b"")) for name, content in sent])) == [
        (name, content.replace(b"--xYz", b"")) for name, content in sent
    ]


def test_boundaries_are_found_wherever_chunks_end() -> None:
    for around in range(CHUNK - 12, CHUNK + 12):
        sent = [("model", b"\r\n" * (around // 2) + b"x" * (around % 2)), ("data", b"end")]
        assert read(written(*sent)) == sent


def test_a_part_that_is_not_read_is_skipped() -> None:
    body = written(("a", b"1" * 200_000), ("b", b"2"))
    names = [(part.name, part.media_type) for part in parts(io.BytesIO(body), BOUNDARY, 10**9)]
    assert names == [("a", "text/x"), ("b", "text/x")]


def test_a_large_part_takes_no_memory() -> None:
    content = bytes(20_000_000)
    body = io.BytesIO(written(("model", content)))
    tracemalloc.start()
    for part in parts(body, BOUNDARY, 10**9):
        while part.read(1 << 20):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * BUFFER


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        written(("a", b"1"), tail=b""),
        written(("a", b"1"))[:40],
        b"--xYz\r\n\r\nno header\r\n--xYz--\r\n",
        b"--xYz\r\nContent-Type: text/plain\r\n\r\nno name\r\n--xYz--\r\n",
        b'--xYz\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--xYz--\r\n',
        b"--xYz\r\n" + b"A: b\r\n" * BUFFER,
        b"x" * (2 * BUFFER),
        written(*[("a", b"")] * (MOST_PARTS + 1)),
        written(("a", b"1")) + b"x" * (2 * BUFFER),
    ],
    ids=[
        "nothing", "no part", "no end", "half a header", "no disposition", "no disposition but a type",
        "a name that is no UTF-8", "endless headers", "endless preamble", "too many parts", "endless epilogue",
    ],
)  # fmt: skip
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        read(body)


@pytest.mark.parametrize("boundary", ["", "x" * 71, "ü", "a\nb", 'a"b'])
def test_a_boundary_that_is_none_is_refused(boundary: str) -> None:
    with pytest.raises(MalformedBody, match="boundary"):
        next(parts(io.BytesIO(b""), boundary, 100))


def test_a_body_over_the_limit_is_refused_while_it_comes_in() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return bytes(size) if self.given > CHUNK else written(("model", b"1"), tail=b"")[:-2]

    stream = Endless()
    with pytest.raises(TooLarge, match="multipart_bytes"):
        list(parts(stream, BOUNDARY, 1_000_000))
    assert stream.given < 1_000_000 + 3 * CHUNK


@given(
    st.lists(
        st.sampled_from(
            [
                b"--xYz",
                b"--",
                b"\r\n",
                b"\r",
                b"\n",
                b"Content-Disposition: form-data",
                b'; name="a"',
                b";",
                b":",
                b"\0",
            ]
        )
        | st.binary(max_size=5),
        max_size=40,
    )
)
def test_no_bytes_cause_another_error(pieces: list[bytes]) -> None:
    try:
        found = read(b"".join(pieces))
    except (ClinicError, HTTPException):
        found = []
    assert all(isinstance(content, bytes) for _, content in found)
