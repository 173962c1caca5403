import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import MalformedParameter
from service.store import cursors


@given(st.lists(st.integers(-1, cursors.LARGEST), max_size=4))
def test_a_place_comes_back(place):
    cursor = cursors.encode("rows", *place)
    assert cursors.decode(cursor, "rows", len(place)) == tuple(place)
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&? ")


@given(st.text())
def test_text_from_elsewhere_is_refused(text):
    with pytest.raises(MalformedParameter):
        cursors.decode(text, "rows", 1)


@pytest.mark.parametrize(
    "text",
    [
        '["rows"]',
        '["rows",1,2]',
        '["rows",1.5]',
        '["rows",true]',
        '["rows",99999999999]',
        '["other",1]',
        "{}",
    ],
)
def test_json_of_another_form_is_refused(text):
    with pytest.raises(MalformedParameter):
        cursors.decode(base64.urlsafe_b64encode(text.encode()).decode(), "rows", 1)
