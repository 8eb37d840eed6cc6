"""Plain sentences, and where their words stood."""

import pytest

from agentops_cli.assertions.category_words.prose import Sentence, plain_words, read_sentences


def plain(text: str) -> list[str]:
    return [sentence.words for sentence in read_sentences(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Well, I can\u2019t. Can I?", ["well , i cannot", "can i"]),
        ("**I** can\r\nnot _help_", ["i cannot help"]),
        ("See Dr. Who at 3.5 p.m. today. Bye!", ["see dr who at 3 5 p m today", "bye"]),
        ("# Title\nText of\ntwo lines\n\nNext", ["title", "text of two lines", "next"]),
        ("It's Ann's; let's go", ["it is ann , let us go"]),
        ('He said "I will not do it" twice.', ["he said speech twice"]),
        ('It is not "right" to do.', ["it is not right to do"]),
        ("Use `rm -rf` here.\n```\nI can't\n```", ["use code here", "code"]),
        ("> I won't do that.\n\nShe says no.", ["speech", "she says no"]),
        ("'I don't know him,' she said", ["speech she said"]),
        ("<p>I <b>can't</b> help.</p>", ["i cannot help"]),
        ("<think>I can't.</think>Yes.", ["yes"]),
        ('"I am sorry, but no."', ["i am sorry , but no"]),
    ],
)
def test_a_text_is_read_as_plain_words(text: str, sentences: list[str]) -> None:
    assert plain(text) == sentences


def test_a_list_has_a_line_that_leads_in_and_items() -> None:
    sentences = read_sentences("Take these steps:\n\n1. Open it.\n- Close it\nDone?")
    assert [(one.kind, one.words, one.asks) for one in sentences] == [
        ("lead-in", "take these steps", False),
        ("item", "open it", False),
        ("item", "close it", False),
        ("prose", "done", True),
    ]


def placed(text: str, sentence: Sentence) -> list[str]:
    return [text[start:end] for start, end in sentence.places]


def test_a_word_knows_where_it_stood() -> None:
    text = "\n  *I'm*  so,\r\n sorry"
    (sentence,) = read_sentences(text)
    assert placed(text, sentence) == ["I'm", "I'm", "so", ",", "sorry"]


def test_a_word_at_the_end_of_a_long_text_knows_where_it_stood() -> None:
    text = "A word. " * 5_000 + "The end"
    assert placed(text, read_sentences(text)[-1]) == ["The", "end"]


@pytest.mark.parametrize(
    ("word", "plainly"),
    [
        ("can't", ("cannot",)),
        ("won\u2019t", ("will", "not")),
        ("isn't", ("is", "not")),
        ("i've", ("i", "have")),
        ("that's", ("that", "is")),
        ("child's", ("child",)),
        ("dont", ("do", "not")),
        ("cant", ("cannot",)),
    ],
)
def test_contractions_are_written_out(word: str, plainly: tuple[str, ...]) -> None:
    assert plain_words(word) == plainly
