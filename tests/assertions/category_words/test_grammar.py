"""The notation of the grammars, by what its phrases find."""

from types import ModuleType

import pytest

from agentops_cli.assertions.category_words import answering, declining, failing, moralising
from agentops_cli.assertions.category_words.grammar import Grammar, Phrases

GRAMMAR = Grammar(
    """
    # Verbs: the colon of a comment defines nothing.
    verb: give
      | make up
    able: able | allowed
    optional: (am|are) not [at all | really] <able> [to] [now]
    twice: <verb> it [up]
      | stop <verb:ing>
    adverbs: i <adv> <verb>
    within: no <gap2> way
    ends: ^so what$
    """
)


@pytest.mark.parametrize(
    ("name", "words", "found"),
    [
        ("verb", "we make up things", "make up"),
        ("verb", "we forgive them", None),
        ("optional", "they are not really allowed to go", "are not really allowed to"),
        ("optional", "i am not at all able now", "am not at all able now"),
        ("optional", "i am not able", "am not able"),
        ("optional", "i am not very able", None),
        ("twice", "please give it up", "give it up"),
        ("twice", "stop making up things", "stop making up"),
        ("twice", "stop give", None),
        ("adverbs", "i , sadly , also give", "i , sadly , also give"),
        ("adverbs", "i will give", None),
        ("within", "there is no other easy way", "no other easy way"),
        ("within", "no , that is the way", None),
        ("ends", "so what", "so what"),
        ("ends", "so what now", None),
    ],
)
def test_a_phrase_finds_what_its_definition_says(name: str, words: str, found: str | None) -> None:
    match = GRAMMAR.phrases(name).search(words)
    assert (match and match[0]) == found


def test_phrases_of_two_definitions_find_either_from_left_to_right() -> None:
    both = GRAMMAR.phrases("able", "verb")
    assert [match[0] for match in both.finditer("give what you are able to make up")] == [
        *("give", "able", "make up")
    ]


def test_a_reference_to_nothing_is_an_error() -> None:
    with pytest.raises(KeyError, match="verb"):
        Grammar("a: to <verb>").phrases("a").search("to give")


@pytest.mark.parametrize("module", [answering, declining, failing, moralising])
def test_no_notation_is_left_in_any_grammar(module: ModuleType) -> None:
    phrases = [value for value in vars(module).values() if isinstance(value, Phrases)]
    assert phrases
    for one in phrases:
        one.search("anything")  # Compiles, and so resolves every reference.
        for source in one.grammar.sources.values():
            assert not any(mark in source for mark in ("<adv>", "<gap", "  ", "] ", "| |"))
