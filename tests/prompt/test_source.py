"""An offset of a file's text leads back to the very character that is stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.model.place import Location
from agentops_cli.prompt.source import PromptFile, Stored

characters = st.lists(
    st.sampled_from(["a", "\r\n", "\r", "\n", "é", "\ufeff", "\udcff", "\u2028", "😀", "\0"])
).map("".join)


@given(characters)
def test_every_offset_leads_to_its_own_character(text: str) -> None:
    stored = Stored(text)
    for at, character in enumerate(stored.text):
        there = stored.characters[stored.offset(at)]
        if character == "\n":
            assert there in "\r\n"
        elif character == "\ufffd":
            assert there == "\udcff"
        else:
            assert there == character
    assert stored.offset(len(stored.text)) == len(stored.characters)


@given(characters)
def test_what_stands_between_two_offsets_is_what_is_stored_there(text: str) -> None:
    stored = Stored(text)
    size = len(stored.text)
    for start in range(0, size + 1, 2):
        for end in range(start, size + 1, 3):
            between = stored.characters[stored.offset(start) : stored.offset(end)]
            assert Stored("x" + between).text[1:] == stored.text[start:end]


@pytest.mark.parametrize(
    ("text", "plain", "newline"),
    [
        ("a\nb", True, "\n"),
        ("\ufeffa", False, "\n"),
        ("a\r\nb", False, "\r\n"),
        ("a\rb", False, "\n"),
        ("", True, "\n"),
    ],
)
def test_a_file_tells_how_it_is_stored(text: str, plain: bool, newline: str) -> None:
    stored = Stored(text)
    assert (stored.is_plain, stored.newline) == (plain, newline)


@given(characters)
def test_places_and_offsets_are_one_another_s_inverse(text: str) -> None:
    file = PromptFile(path="p", kind="plain", stored=Stored(text))
    for at in range(len(file.text) + 1):
        place = file.location(at)
        assert file.offset(place) == at
        line = file.line_at(at)
        assert line.start <= at <= line.end
        assert "\n" not in file.text[line.start : line.end]


def test_a_place_outside_the_file_is_the_nearest_inside() -> None:
    file = PromptFile(path="p", kind="plain", stored=Stored("ab\ncd"))
    for line, column, at in [(1, 99, 2), (9, 1, 3), (2, 99, 5), (None, None, 0), (0, 1, 0)]:
        assert file.offset(Location(path="p", line=line, column=column)) == at
