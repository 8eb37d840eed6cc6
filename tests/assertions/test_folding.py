from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.assertions.folding import fold, unfold
from agentops_cli.assertions.needle import One, Text
from tests.strategies import any_text

# Letters whose folded form is longer or shorter, white space of all kinds, marks that combine.
TRICKY = st.text("aßŁﬃﬁ\uff21½ \u0301\u0345\u0307İ\t\n\u3000\xa0.Ⅸ가\u1100\u1161", max_size=30)


@given(any_text | TRICKY, st.booleans())
def test_folding_again_changes_nothing(text: str, keep_case: bool) -> None:
    once = fold(text, keep_case=keep_case)
    assert fold(once, keep_case=keep_case) == once


@given(any_text)
def test_a_text_without_its_case_folds_to_the_same(text: str) -> None:
    assert fold(text.casefold()) == fold(text)


@given(any_text | TRICKY, st.booleans())
def test_no_white_space_is_left_but_single_spaces_between_words(text: str, keep_case: bool) -> None:
    folded = fold(text, keep_case=keep_case)
    assert folded == " ".join(folded.split())


@given(st.text(max_size=30).filter(str.isascii))
def test_the_fast_way_for_ascii_gives_what_the_long_one_does(text: str) -> None:
    assert fold(text) == fold(f"{text} é").removesuffix("é").rstrip()


@given(TRICKY)
def test_places_of_a_folded_text_come_from_places_in_order(text: str) -> None:
    folded = fold(text)
    places = [unfold(text, place, keep_case=False) for place in range(len(folded))]
    assert places == sorted(places)
    assert all(0 <= place < len(text) for place in places)


@given(TRICKY, st.data())
def test_what_is_found_stands_where_it_is_said_to_stand(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    start = data.draw(st.integers(0, len(folded)))
    needle = folded[start : data.draw(st.integers(start, len(folded)))].strip()
    if not needle or fold(needle) != needle:
        return
    what = Text(text=needle, folded=needle, keep_case=False, word=False)
    found = One(what=what).place(text)
    assert found is not None
    assert needle in fold(text[found[0] : _end_of_letter(text, found[1])])


def _end_of_letter(text: str, end: int) -> int:
    """The marks that combine with a letter belong to it."""
    import unicodedata

    while end < len(text) and (
        unicodedata.category(text[end]).startswith("M") or "\u1100" <= text[end] <= "\u11ff"
    ):
        end += 1
    return end
