import io
from dataclasses import replace

import pytest

from agentops_cli.diff.values import Rendered
from agentops_cli.errors import ExitCode
from agentops_cli.prompt.change_kinds import Bump
from agentops_cli.reporters.columns import width
from agentops_cli.reporters.diff.page import Page
from agentops_cli.reporters.diff.text import Look, lines, write_lines
from agentops_cli.reporters.painted import plain
from tests.reporters.diff.made import (
    a_change,
    a_file,
    a_full_prompt,
    a_line,
    a_message,
    a_page,
    a_problem,
    a_prompt,
    written,
)


def _beside(page: Page, columns: int) -> list[str]:
    stream = io.StringIO()
    write_lines(lines(page, Look(columns=columns)), stream)
    return stream.getvalue().splitlines()


def test_what_a_change_means_comes_first_and_the_words_after_it() -> None:
    assert written("text", a_page(a_full_prompt("it"))) == (
        "origin/main (a1b2c3d4e5f6) → the working tree\n"
        "\n"
        "product-manager  1.2.0 → 1.3.0  breaking  needs major (2.0.0), has minor\n"
        "prompts/it.prompt.md  (renamed from prompts/old it.prompt.md)\n"
        "  metadata\n"
        "    temperature  0.2 → 0.7\n"
        '    metadata.it  - → ["it", {"it": "it"}]\n'
        "  changes\n"
        "    breaking  the input 'it' is gone: it  prompts/a.prompt.md:12:3  [input-removed]\n"
        "      callers that give the old variables fail\n"
        "    risky     a line is another: it  prompts/a.prompt.md:12:3  [text]\n"
        "      answers may be others\n"
        "    safe      tags is another  prompts/a.prompt.md:12:3  [meta]\n"
        "  tokens\n"
        "    system  about 412 → about 438  +26 (+6%)\n"
        "    static  about 412 → about 438  +26 (+6%)\n"
        "    total   about 412 → about 438  +26 (+6%)\n"
        "  price of 1,000 calls\n"
        "    $1.50 → $1.74 (+16%)  openai/gpt-5.4-miniit\n"
        "    94% of the input could be cached\n"
        "    assumed: the median case of it\n"
        "    assumed: max_tokens of output\n"
        "  schema\n"
        "    breaking  input.it: it is required now\n"
        "  system message\n"
        "           ⋯ 5 unchanged lines\n"
        "     6  6   line 6 it\n"
        "     7  7   line 7 it\n"
        "     8  8   line 8 it\n"
        "     9    - Answer it in [-English-] only.\n"
        "        9 + Answer it in {+French+} only.\n"
        "    10    < This moves it.\n"
        "    11 10   line 11 it\n"
        "       11 > This moves it.\n"
        "    < was moved from here, > was moved to here\n"
        "  suites  evals/it.yaml\n"
        "  to be approved by  @platform, @team\n"
        "  on the same cases\n"
        "    worse on openai/gpt-4o-miniit → openai/gpt-4oit: 6 broken, 0 fixed, 1 failed on both"
        " sides, 5 passed on both\n"
        "      pass rate 92% → 42%, -50 points (95%: -73 to -20), mid-p 0.016\n"
        "      12 cases can see a drop of 48 points, four times in five\n"
        "      1 case not judged: without a verdict on one side at least\n"
        "      1 case set aside: xfail or in quarantine\n"
        "      tokens of one execution 412 → 438, +26 (95%: +20 to +31)\n"
        "      price of 1,000 executions $0.12 → $0.13, +$0.01 (95%: $0 to +$0.02)\n"
        "      p50 latency 0.40 s → 0.50 s, +0.10 s (95%: -0.10 s to +0.30 s)\n"
        "      3 of 26 executions without a call: the answer was recorded, or kept from earlier\n"
        "      broken      c0 it  contains: expected it  evals/it.yaml:9:5\n"
        "      broken      c1 it  contains: expected it  evals/it.yaml:9:5\n"
        "      broken      c2 it  contains: expected it  evals/it.yaml:9:5\n"
        "      broken      c3 it  contains: expected it  evals/it.yaml:9:5\n"
        "      broken      c4 it  contains: expected it  evals/it.yaml:9:5\n"
        "      broken      c5 it  contains: expected it  evals/it.yaml:9:5\n"
        "      both fail   c6 it  contains: expected it  evals/it.yaml:9:5\n"
        "      not judged  c7 it  contains: expected it  evals/it.yaml:9:5\n"
        "    it answers without the prompt\n"
        "    skipped evals/it.yaml: it: it is not given\n"
        "    no longer in the suite: evals/it.yaml: old\n"
        "  what the model sees of case it\n"
        "  user message\n"
        "      1 + it\n"
        "\n"
    )


def test_changed_words_have_a_style_of_their_own_where_there_are_colours() -> None:
    page = a_page(a_full_prompt("it"))
    [removed] = [line for line in lines(page, Look(has_colours=True)) if "English" in plain(line)]
    assert [(part.text, part.style) for part in removed[-4:]] == [
        ("- ", "removed"),
        ("Answer it in ", "removed"),
        ("English", "word-removed"),
        (" only.", "removed"),
    ]


@pytest.mark.parametrize("columns", [80, 120, 20])
def test_side_by_side_nothing_is_wider_than_the_terminal_and_nothing_is_lost(columns: int) -> None:
    long = "A sentence that is much longer than half of a terminal, 日本語の文章も, 👍🏽. " * 3
    message = a_message(
        a_line("same", long),
        a_line("removed", long, ("old", "removed"), before=2),
        a_line("added", long, ("new", "added"), after=2),
        a_line("added", "only here", after=3),
    )
    shown = _beside(a_page(a_prompt(messages=(message,))), columns)
    rows = shown[shown.index("  system message") + 1 : shown.index("  suites  none")]
    least = 4 + 2 * (1 + 3 + 16) + 3  # Below that a column holds no word.
    assert max(map(width, rows)) <= max(columns, least)
    assert [width(row.split("│")[0]) for row in rows] == [width(rows[0].split("│")[0])] * len(rows)
    halves = ((0, 8), (1, 5))  # With the indent, the number and the sign.
    left, right = ("".join(row.split("│")[at][head:] for row in rows) for at, head in halves)
    assert "[-old-]" in "".join(left.split())
    assert "{+new+}" in "".join(right.split())
    assert "onlyhere" in "".join(right.split())


def test_side_by_side_lines_that_share_words_stand_beside_one_another() -> None:
    message = a_message(
        a_line("removed", "gone", before=1),
        a_line("removed", "in ", ("English", "removed"), before=2),
        a_line("added", "in ", ("French", "added"), after=1),
        a_line("added", "come", after=2),
    )
    shown = _beside(a_page(a_prompt(messages=(message,))), 70)
    rows = [
        " ".join(row.split())
        for row in shown[shown.index("  system message") + 1 : shown.index("  suites  none")]
    ]
    assert rows == ["1 - gone │", "2 - in [-English-] │ 1 + in {+French+}", "│ 2 + come"]


def test_side_by_side_lines_are_wrapped_between_words() -> None:
    message = a_message(a_line("same", "You are a product manager of a shop"))
    shown = _beside(a_page(a_prompt(messages=(message,))), 55)
    rows = [
        row.split("│")[0].strip()
        for row in shown[shown.index("  system message") + 1 : shown.index("  suites  none")]
    ]
    assert rows == ["1   You are a product", "manager of a shop"]


def test_side_by_side_a_removed_line_stands_beside_the_one_that_replaced_it() -> None:
    message = a_message(
        a_line("removed", "one", before=1),
        a_line("removed", "two", before=2),
        a_line("added", "uno", after=1),
        a_line("same", "three", before=3, after=2),
    )
    shown = _beside(a_page(a_prompt(messages=(message,))), 60)
    rows = [
        " ".join(row.split())
        for row in shown[shown.index("  system message") + 1 : shown.index("  suites  none")]
    ]
    assert rows == ["1 - one │ 1 + uno", "2 - two │", "3 three │ 2 three"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("blank\u200b", "blank", "- blank\\u200b"),
        ("no\u00a0break", "no break", "- no\\u00a0break"),
        ("a\tb", "a b", "- a    b"),
        ("\u202eleft", "left", "- \\u202eleft"),
        ("tag\U000e0041", "tag", "- tag\\ue0041"),
    ],
)
def test_what_shows_nothing_is_spelled_out_in_changed_lines(
    before: str, after: str, expected: str
) -> None:
    message = a_message(a_line("removed", before), a_line("added", after))
    assert expected in written("text", a_page(a_prompt(messages=(message,))))


def test_unchanged_lines_far_away_are_counted_and_a_single_one_is_shown() -> None:
    same = [a_line("same", f"line {at}", before=at, after=at) for at in range(1, 30)]
    message = a_message(*same[:12], a_line("added", "x", after=13), *same[12:16])
    text = written("text", a_page(a_prompt(messages=(message,))))
    assert "⋯ 9 unchanged lines" in text
    assert "line 10" in text
    assert "line 9\n" not in text
    assert "line 16" in text  # A line takes as much room as to say that there is one.


def test_a_message_that_is_the_same_is_not_shown() -> None:
    message = a_message(a_line("added", "x"), role="user")
    assert "user message" in written("text", a_page(a_prompt(messages=(message,))))
    same = replace(message, status="same")
    assert "user message" not in written("text", a_page(a_prompt(messages=(same,))))


def test_what_could_not_be_compared_is_told_before_all_else() -> None:
    text = written("text", a_page(a_prompt(), problems=(a_problem(),), code=ExitCode.INPUT))
    assert text.splitlines()[2:4] == [
        "prompts/it.prompt.md:3:1  error  the frontmatter cannot be read: it  [invalid-yaml]",
        "  fix: quote it",
    ]


def test_a_new_and_a_deleted_prompt_are_called_so() -> None:
    page = a_page(
        a_prompt(a_change("file-deleted"), before=a_file(), required=None, name="gone"),
        a_prompt(a_change("file-added"), after=a_file(), required=None, name="come"),
    )
    text = written("text", page)
    assert "a  deleted, 1.2.0  breaking\n" in text
    assert "a  new, 1.3.0  safe\n" in text


def test_a_version_that_went_back_is_told_to_come_again() -> None:
    prompt = a_prompt(required=None, actual=None)
    back = replace(prompt.versioning, is_enough=False, needed="1.2.0", required=None)
    text = written("text", a_page(replace(prompt, versioning=back)))
    assert "needs 1.2.0 again" in text


def test_a_case_that_one_version_cannot_be_given_is_told_so() -> None:
    message = a_message(a_line("removed", "x"))
    for side, word in (("before", "earlier"), ("after", "later")):
        rendered = Rendered(case="wishlist", messages=(message,), refused_by=side)  # type: ignore[arg-type] # One of two words.
        page = a_page(a_prompt(rendered=rendered))
        for output in ("text", "markdown", "html"):
            assert f"the {word} version cannot be given this case" in written(output, page)


def test_a_case_of_which_nothing_changes_is_told_so() -> None:
    page = a_page(a_prompt(rendered=Rendered(case="wishlist", messages=())))
    for output in ("text", "markdown"):
        assert "the same on both sides" in written(output, page)


def test_stat_is_a_line_a_prompt_and_one_a_note() -> None:
    page = a_page(a_full_prompt("it", lines=3), a_prompt(required=Bump.MINOR, name="other"))
    needs = "needs major (2.0.0), has minor"
    assert [" ".join(line.split()) for line in written("stat", page).splitlines()] == [
        f"product-manager 1.2.0 → 1.3.0 breaking +3 -3 +26 tokens {needs} worse",
        "it answers without the prompt",
        "other 1.2.0 → 1.3.0 risky +0 -0 needs minor, has minor",
    ]


def test_stat_tells_what_could_not_be_compared() -> None:
    page = a_page(problems=(a_problem(),), code=ExitCode.INPUT)
    assert "the frontmatter cannot be read" in written("stat", page)


def test_names_are_where_the_prompts_are_now_or_were_last() -> None:
    page = a_page(
        a_full_prompt("it"), a_prompt(before=a_file(path="prompts/gone.prompt.md"), required=None)
    )
    assert written("name-only", page) == "prompts/it.prompt.md\nprompts/gone.prompt.md\n"
