from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.lint.finding import LintFinding
from agentops_cli.lint.fix import Fixed, apply, compatible, fixed, fixed_once
from agentops_cli.prompt.formats import read_file
from agentops_cli.prompt.source import PromptFile, Stored
from agentops_cli.rules.rule import Edit, Safety
from tests.lint.parts import PATH, a_finding

HEAD = "---\nversion: 1.0.0\nmodel: openai/gpt-4o\n---\n"


def _read(characters: str) -> PromptFile:
    return read_file(characters, path=PATH, is_declared=True)


def _replacing(old: str, new: str, safety: Safety = "safe") -> "type[_Rule]":
    class Rule(_Rule):
        pass

    Rule.old, Rule.new, Rule.safety = old, new, safety
    return Rule


class _Rule:
    """A rule that wants one text in place of another, everywhere."""

    old: str
    new: str
    safety: Safety

    @classmethod
    def look(cls, file: PromptFile) -> Sequence[LintFinding]:
        return list(cls._found(file))

    @classmethod
    def _found(cls, file: PromptFile) -> Iterator[LintFinding]:
        at = file.text.find(cls.old)
        while at >= 0:
            edit = Edit(start=at, end=at + len(cls.old), text=cls.new)
            yield a_finding(edits=(edit,), safety=cls.safety, text=str(at))
            at = file.text.find(cls.old, at + 1)


def _fixed(text: str, *rules: type[_Rule], unsafe: bool = False) -> Fixed:
    def look(file: PromptFile) -> Sequence[LintFinding]:
        return [each for rule in rules for each in rule.look(file)]

    return fixed(text, read=_read, look=look, unsafe=unsafe)


def test_a_safe_fix_is_applied_everywhere() -> None:
    text = HEAD + "{# a #}Say {# a #}hello.\n"
    result = _fixed(text, _replacing("{# a #}", ""))
    assert result.characters == HEAD + "Say hello.\n"
    assert len(result.findings) == 2


@pytest.mark.parametrize("old", ["Say", "hello.\n", "{{ name }}"])
def test_a_safe_fix_that_would_change_what_is_rendered_is_left_out(old: str) -> None:
    text = HEAD + "Say {{ name }} hello.\n"
    assert _fixed(text, _replacing(old, "x")).characters == text


def test_one_bad_fix_does_not_hold_up_the_good_ones() -> None:
    text = HEAD + "{# a #}Say {# a #}hello.\n"
    result = _fixed(text, _replacing("Say", "Tell"), _replacing("{# a #}", ""))
    assert result.characters == HEAD + "Say hello.\n"


def test_an_unsafe_fix_needs_to_be_asked_for() -> None:
    text = HEAD + "Say hello.\n"
    rule = _replacing("Say", "Tell", "unsafe")
    assert _fixed(text, rule).characters == text
    assert _fixed(text, rule, unsafe=True).characters == HEAD + "Tell hello.\n"


def test_no_fix_makes_a_file_unreadable() -> None:
    text = HEAD + "Say hello.\n"
    assert _fixed(text, _replacing("model:", "model: [", "unsafe"), unsafe=True).characters == text
    assert _fixed(text, _replacing("---\nSay", "Say", "unsafe"), unsafe=True).characters == text


def test_a_fix_may_make_room_for_another_one() -> None:
    rules = [_replacing(f"{{# {n} #}}", f"{{# {n + 1} #}}" if n < 5 else "") for n in range(6)]
    assert _fixed(HEAD + "{# 0 #}Say\n", *rules).characters == HEAD + "Say\n"


def test_fixes_that_undo_one_another_come_to_an_end() -> None:
    rules = [_replacing("{# a #}", "{# b #}"), _replacing("{# b #}", "{# a #}")]
    assert _fixed(HEAD + "{# a #}Say\n", *rules).characters in {
        HEAD + "{# a #}Say\n",
        HEAD + "{# b #}Say\n",
    }


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_a_mark_stay_as_they_are(newline: str, mark: str) -> None:
    text = (HEAD + "{# a #}\nSay\nhello.\n").replace("\n", newline)
    result = _fixed(mark + text, _replacing("{# a #}", "{# b\nc #}"))
    assert result.characters == mark + text.replace("{# a #}", f"{{# b{newline}c #}}")


def test_bytes_that_are_no_text_stay_as_they_are() -> None:
    text = HEAD + "{# a #}Say \udcff\n"
    assert _fixed(text, _replacing("{# a #}", "")).characters == HEAD + "Say \udcff\n"


def _edit(start: int, end: int, text: str = "x") -> LintFinding:
    return a_finding(edits=(Edit(start=start, end=end, text=text),), safety="safe")


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (_edit(0, 2), _edit(2, 4), True),
        (_edit(0, 2), _edit(4, 4), True),
        (_edit(0, 3), _edit(2, 4), False),
        (_edit(0, 4), _edit(1, 2), False),
        (_edit(2, 2), _edit(2, 2), False),
        (_edit(2, 2), _edit(2, 4), False),
        (_edit(2, 4), _edit(0, 2), True),
    ],
)
def test_edits_that_touch_the_same_place_wait_for_the_next_round(
    first: LintFinding, second: LintFinding, *, both: bool
) -> None:
    assert compatible(Stored("0123456789"), [first, second]) == (
        [first, second] if both else [first]
    )


def test_the_edits_of_a_finding_belong_together() -> None:
    two = a_finding(edits=(_edit(0, 1).edits[0], _edit(5, 6).edits[0]))
    stored = Stored("0123456789")
    assert compatible(stored, [_edit(5, 7), two, _edit(0, 1)]) == [_edit(5, 7), _edit(0, 1)]


def test_edits_of_stored_characters_are_put_where_they_say() -> None:
    stored = Stored("\ufeffa\r\nb\r\n")
    edits = [
        Edit(start=0, end=1, text="", stored=True),
        Edit(start=2, end=4, text="\n", stored=True),
    ]
    assert apply(stored, edits) == "a\nb\r\n"


@given(st.text(alphabet="ab\r\n\ufeffä\udcff", max_size=20), st.data())
def test_all_but_the_edit_stays_byte_for_byte(characters: str, data: st.DataObject) -> None:
    stored = Stored(characters)
    start = data.draw(st.integers(0, len(stored.text)))
    end = data.draw(st.integers(start, len(stored.text)))
    after = apply(stored, [Edit(start=start, end=end, text="|")])
    assert after.startswith(characters[: stored.offset(start)])
    assert after.endswith(characters[stored.offset(end) :])


def test_a_fix_offered_once_is_applied_once() -> None:
    before = _read(HEAD + "{# a #}{# a #}Say\n")
    rule = _replacing("{# a #}", "")
    first = rule.look(before)[:1]
    assert fixed_once(before, first, _read).characters == HEAD + "{# a #}Say\n"
    changing = [replace(_replacing("Say", "Tell").look(before)[0])]
    assert fixed_once(before, changing, _read).findings == ()


def test_many_bad_fixes_do_not_hold_up_the_good_ones() -> None:
    words = [f"w{number}." for number in range(30)]
    text = HEAD + " ".join(words) + " {# a #}Say {# a #}hello.\n"
    bad = [_replacing(word, "x") for word in words]
    result = _fixed(text, *bad, _replacing("{# a #}", ""))
    assert result.characters == text.replace("{# a #}", "")


def test_a_bad_fix_does_not_hold_the_place_of_a_good_one() -> None:
    text = HEAD + "{# a #}Say hello.\n"
    result = _fixed(text, _replacing("{# a #}Say", "Tell"), _replacing("{# a #}", ""))
    assert result.characters == HEAD + "Say hello.\n"


def test_what_a_safe_fix_may_not_do_it_may_not_do_beside_an_unsafe_one() -> None:
    text = HEAD + "Say hello.\n"
    bad, unsafe = _replacing("Say", "Tell"), _replacing("hello", "good-bye", "unsafe")
    before = _read(text)
    offered = [*bad.look(before), *unsafe.look(before)]
    assert fixed_once(before, offered, _read).characters == HEAD + "Say good-bye.\n"
    assert _fixed(text, bad, unsafe, unsafe=True).characters == HEAD + "Say good-bye.\n"
