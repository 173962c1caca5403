import pytest

from service.errors import MalformedBody, TooLarge, UnsupportedMediaType
from service.schemas.body.reading import read_body
from service.schemas.limits import Limits

LIMITS = Limits()


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b'{"a": 1}', "application/json"),
        (b'\xef\xbb\xbf{"a": 1}', "application/json; charset=utf-8"),
        (b"a: 1", "application/yaml"),
        (b"\xef\xbb\xbfa: 1", "text/yaml"),
    ],
)
def test_json_and_yaml_give_the_same_tree(body, media_type):
    assert read_body(body, media_type, LIMITS).tree == {"a": 1}


@pytest.mark.parametrize(
    ("body", "what"),
    [(b"", "empty"), (b"[1]", "a list"), (b"word", "a string"), (b"3", "a number"), (b"true", "true")],
)
def test_what_is_not_a_mapping_is_refused(body, what):
    with pytest.raises(MalformedBody, match=f"the body is {what}"):
        read_body(body, "application/yaml", LIMITS)


@pytest.mark.parametrize("media_type", ["application/json", "application/yaml"])
def test_bytes_that_are_not_utf8_are_refused_with_their_line(media_type):
    with pytest.raises(MalformedBody, match="line 2: byte 5 is not UTF-8"):
        read_body(b"a: 1\n\xff", media_type, LIMITS)


def test_a_long_body_is_refused():
    with pytest.raises(TooLarge, match="at most 10 bytes"):
        read_body(b"a: 1234567890", "application/yaml", Limits(body_bytes=10))


def test_other_media_types_are_refused():
    with pytest.raises(UnsupportedMediaType, match="not text/html"):
        read_body(b"<p>", "text/html", LIMITS)
