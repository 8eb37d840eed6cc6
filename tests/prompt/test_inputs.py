"""What a case gives is what the prompt wants, or every difference is told."""

import pytest

from agentops_cli.model.json import JsonObject
from agentops_cli.model.prompt import Prompt
from agentops_cli.prompt.inputs import InputProblem, Reads, check_inputs, values_when_absent
from agentops_cli.prompt.read import read_prompt

TYPED = "schema: {ticket: string, tone?(enum): [calm, brisk], max?: integer, tags?(array): string}"


def prompt(section: str = "", body: str = "user:\nHi") -> Prompt:
    text = f"---\nversion: 1.0.0\nmodel: m\ninput: {{{section}}}\n---\n{body}"
    return read_prompt(text, path="p.prompt.md")


def check(
    of: Prompt, given: JsonObject, *, reads: str, optional: str = ""
) -> tuple[InputProblem, ...]:
    return check_inputs(of, given, reads=names(reads, optional))


def names(reads: str, optional: str = "") -> Reads:
    return Reads(variables=frozenset(reads.split()), optional=frozenset(optional.split()))


def told(problems: tuple[InputProblem, ...]) -> list[tuple[str, str, str | None]]:
    return [(problem.name, problem.message, problem.fix) for problem in problems]


# Without a schema: exactly what the template reads


def test_a_variable_for_each_name_is_right() -> None:
    assert check(prompt(), {"a": 1, "b": None}, reads="a b") == ()


@pytest.mark.parametrize(
    ("given", "reads", "expected"),
    [
        (
            {"a": 1},
            "a ticket",
            [("ticket", "the variable 'ticket' is not given", "give it under 'vars': {ticket: …}")],
        ),
        (
            {"a": 1, "b": 2},
            "a",
            [
                (
                    "b",
                    "the prompt does not use 'b'",
                    "remove it, or write {{ b }} in the prompt",
                )
            ],
        ),
        (
            {"tikcet": "x"},
            "ticket",
            [
                ("tikcet", "the prompt does not use 'tikcet'", "did you mean 'ticket'?"),
                ("ticket", "the variable 'ticket' is not given", "did you mean 'tikcet'?"),
            ],
        ),
    ],
)
def test_a_difference_is_told_by_name(
    given: JsonObject, reads: str, expected: list[object]
) -> None:
    assert told(check(prompt(), given, reads=reads)) == expected


def test_what_the_template_can_do_without_may_be_left_out() -> None:
    assert check(prompt(), {}, reads="a b", optional="b a") == ()


def test_what_has_a_default_may_be_left_out() -> None:
    with_default = prompt("default: {tone: calm}")
    assert check(with_default, {}, reads="tone") == ()
    assert values_when_absent(with_default, names("tone")) == {"tone": "calm"}


# With a schema: what it declares, of its type


def test_declared_variables_are_taken_whether_the_template_reads_them_or_not() -> None:
    given: JsonObject = {"ticket": "x", "tone": "calm", "max": 3, "tags": ["a"]}
    assert check(prompt(TYPED), given, reads="ticket") == ()


def test_an_optional_variable_that_is_not_given_is_null() -> None:
    assert check(prompt(TYPED), {"ticket": "x"}, reads="ticket tone") == ()
    absent = values_when_absent(prompt(TYPED), names("ticket tone"))
    assert absent == {"tone": None, "max": None, "tags": None}


def test_a_default_of_the_file_comes_before_null() -> None:
    with_default = prompt("schema: {a: string, b?: string, c?: string}, default: {a: x, b: y}")
    assert check(with_default, {}, reads="a b c") == ()
    assert values_when_absent(with_default, names("a b c")) == {"a": "x", "b": "y", "c": None}


def test_the_templates_own_default_is_not_taken_from_it() -> None:
    assert "tone" not in values_when_absent(prompt(TYPED), names("ticket tone", "tone"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "the variable 'ticket' is not given"),
        ({"ticket": 3}, "'ticket' must be text, not 3"),
        ({"ticket": None}, "'ticket' must be text, not empty"),
        ({"ticket": "x", "tone": "loud"}, '\'tone\' must be one of "calm", "brisk", empty,'),
        ({"ticket": "x", "max": "3"}, "'max' must be a whole number or empty, not \"3\""),
        ({"ticket": "x", "tags": ["a", 1]}, "'tags[1]' must be text, not 1"),
        ({"ticket": "x", "other": 1}, "the prompt declares no variable 'other'"),
    ],
)
def test_a_wrong_type_a_missing_and_an_unknown_variable_are_told(
    given: JsonObject, message: str
) -> None:
    [problem] = check(prompt(TYPED), given, reads="ticket")
    assert message in problem.message
    assert problem.fix


def test_a_wrong_type_points_to_where_the_type_is_declared() -> None:
    [problem] = check(prompt(TYPED), {"ticket": 3}, reads="ticket")
    assert problem.fix == "the type is declared at p.prompt.md:4:18"


def test_all_problems_are_told_at_once() -> None:
    problems = check(prompt(TYPED), {"tone": 1, "max": "x", "other": 1}, reads="ticket")
    assert [(problem.rule, problem.name) for problem in problems] == [
        ("unknown-variable", "other"),
        ("missing-variable", "ticket"),
        ("wrong-type", "tone"),
        ("wrong-type", "max"),
    ]


# The case's own input, where it is a variable


def test_the_input_need_not_be_declared_where_there_is_a_user_line() -> None:
    for section in ("", TYPED):
        given: JsonObject = {"ticket": "x", "input": "Hi"}
        assert check(prompt(section), given, reads="ticket input") == ()


@pytest.mark.parametrize(
    ("body", "given", "reads", "message", "fix"),
    [
        ("user:\nHi", {}, "input", "the variable 'input' is not given", "give the case an 'input'"),
        ("user:\nHi", {"input": "x"}, "a", "does not use 'input' below it", "give a under 'vars'"),
        ("{{ input }}", {}, "input", "'input' is not given", "put a line 'user:' before it"),
    ],
)
def test_an_input_that_goes_nowhere_or_is_not_there_is_told(
    body: str, given: JsonObject, reads: str, message: str, fix: str
) -> None:
    problems = check(prompt(body=body), given, reads=reads)
    about = next(problem for problem in problems if problem.name == "input")
    assert message in about.message
    assert fix in (about.fix or "")
