"""Two versions of messages, line by line and word by word."""

from collections.abc import Sequence

import pytest

from agentops_cli.diff.texts import Told, message_diffs
from agentops_cli.diff.values import Line, MessageDiff
from agentops_cli.diff.words import word_pieces
from agentops_cli.prompt.matching import Effort

SIGNS = {"same": " ", "removed": "-", "added": "+", "moved-from": "<", "moved-to": ">"}


def told(text: str, role: str = "system", first: int = 1) -> Told:
    return Told(role=role, text=text, numbers=range(first, first + text.count("\n") + 1))


def one(old: str, new: str) -> MessageDiff:
    return message_diffs([(told(old), told(new))])[0]


def shown(lines: Sequence[Line]) -> list[str]:
    return [SIGNS[line.mark] + line.text for line in lines]


def marked(line: str, other: str) -> tuple[str, str]:
    """Both lines with brackets around what differs."""
    found = word_pieces([line], [other], Effort())
    before, after = (
        "".join(piece.text if piece.mark == "same" else f"[{piece.text}]" for piece in pieces[0])
        for pieces in found
    )
    return before, after


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        (
            "Say hello to them.",
            "Say goodbye to them.",
            "Say [hello] to them.",
            "Say [goodbye] to them.",
        ),
        (
            "Be kind to them.",
            "Be very kind to them.",
            "Be kind to them.",
            "Be [very] kind to them.",
        ),
        (
            "Ask {{ user.name }} again.",
            "Ask {{ user.id }} again.",
            "Ask [{{ user.name }}] again.",
            "Ask [{{ user.id }}] again.",
        ),
        (
            "Ask {{ a }} {{ b }}.",
            "Ask {{ a }} {{ c }}.",
            "Ask {{ a }} [{{ b }}].",
            "Ask {{ a }} [{{ c }}].",
        ),
        (
            "Use {% if a %}this{% endif %} way.",
            "Use {% if b %}this{% endif %} way.",
            "Use [{% if a %}]this{% endif %} way.",
            "Use [{% if b %}]this{% endif %} way.",
        ),
        ("a long  word", "a long word", "a long[  ]word", "a long[ ]word"),
        ("a long word ", "a long word", "a long word[ ]", "a long word"),
        ("It's here now.", "Its here now.", "[It's] here now.", "[Its] here now."),
        ("All is well.", "Nobody knows anything.", "[All is well.]", "[Nobody knows anything.]"),
    ],
)
def test_words_that_differ_are_marked(old: str, new: str, before: str, after: str) -> None:
    assert marked(old, new) == (before, after)
    assert marked(new, old) == (after, before)


def test_lines_of_both_versions_come_in_reading_order() -> None:
    diff = one("a\nb\nc\nd", "a\nB\nc\nd\ne")
    assert diff.status == "changed"
    assert shown(diff.lines) == [" a", "-b", "+B", " c", " d", "+e"]
    assert [(line.before, line.after) for line in diff.lines] == [
        *((1, 1), (2, None), (None, 2), (3, 3), (4, 4), (None, 5)),
    ]


def test_a_message_that_is_the_same_has_no_lines() -> None:
    assert one("a", "a") == MessageDiff(role="system", status="same", lines=())


def test_a_paragraph_that_moves_is_marked_where_it_was_and_where_it_is() -> None:
    block = "Refunds take five working days.\nTell the customer so."
    diff = one(
        f"{block}\n\nBe kind.\nBe brief.\nBe clear.", f"Be kind.\nBe brief.\nBe clear.\n\n{block}"
    )
    assert [line.text for line in diff.lines if line.mark == "moved-from"] == block.split("\n")
    assert [line.text for line in diff.lines if line.mark == "moved-to"] == block.split("\n")


def test_few_letters_have_not_moved() -> None:
    diff = one("Yes.\n1\n2\n3", "1\n2\n3\nYes.")
    assert {line.mark for line in diff.lines} == {"same", "removed", "added"}


def test_text_moves_from_one_message_to_another() -> None:
    text = "Answer in the language of the question."
    system, user = message_diffs(
        [(told(f"Be kind.\n{text}"), told("Be kind.")), (None, told(text, role="user"))]
    )
    assert shown(system.lines) == [" Be kind.", f"<{text}"]
    assert (user.role, user.status, shown(user.lines)) == ("user", "added", [f">{text}"])


def test_a_message_that_is_gone_has_its_lines() -> None:
    (diff,) = message_diffs([(told("a\nb", role="user", first=7), None)])
    assert (diff.role, diff.status, shown(diff.lines)) == ("user", "removed", ["-a", "-b"])
    assert [(line.before, line.after) for line in diff.lines] == [(7, None), (8, None)]
