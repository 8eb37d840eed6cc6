"""YAML with places: what is read, where it stands, and what hostile text does."""

import json
import math
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli import locate
from agentops_cli.errors import InputError
from agentops_cli.locate import Document, Route, parse_yaml
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json


def parse(text: str, *, first_line: int = 1) -> Document:
    return parse_yaml(textwrap.dedent(text), path="s.yaml", first_line=first_line)


def refused(text: str) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as caught:
        parse(text)
    return caught.value.findings


# What plain scalars mean


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("true", True),
        ("False", False),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-12", -12),
        ("+12", 12),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.10", 1.1),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-.inf", -math.inf),
        ("1e999", math.inf),
        pytest.param("9" * 400, math.inf, id="400 digits"),
        pytest.param("9" * 9_000, math.inf, id="9,000 digits"),
        ("12:30", "12:30"),
        ("2026-01-02", "2026-01-02"),
        ("1_000", "1_000"),
        ("1.2.3", "1.2.3"),
        ("'12'", "12"),
        ('"true"', "true"),
    ],
)
def test_a_plain_scalar_means_what_an_editor_shows(written: str, read: Json) -> None:
    value = parse(f"key: {written}\n").data
    assert value == {"key": read}
    assert isinstance(value, dict)
    assert type(value["key"]) is type(read)


def test_a_document_knows_whether_its_numbers_are_finite() -> None:
    assert parse("a: [1, 2.5]\n").all_finite
    assert not parse("a: [1, .nan]\n").all_finite


def test_an_empty_document_is_none() -> None:
    for text in ("", "# only a comment\n", "---\n"):
        assert parse(text).data is None


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_what_json_writes_is_read_back_unchanged(value: Json) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert parse_yaml(text, path="s.yaml").data == value


# Where things stand

SUITE = """\
# a comment
cases:
  - id: first
    mustContain: [alpha, "beta"]
  - id: second
    vars:
      days: 1.10
base: &base {a: 1, b: 2}
child:
  <<: *base
  b: 3
"""


@pytest.mark.parametrize(
    ("route", "value_at", "key_at"),
    [
        ((), "2:1", "2:1"),
        (("cases",), "3:3", "2:1"),
        (("cases", 1), "5:5", "5:5"),
        (("cases", 0, "id"), "3:9", "3:5"),
        (("cases", 0, "mustContain", 1), "4:26", "4:26"),
        (("cases", 1, "vars", "days"), "7:13", "7:7"),
        (("child", "a"), "8:17", "8:14"),
        (("child", "b"), "11:6", "11:3"),
        # What is not in the text is placed at the nearest parent that is.
        (("cases", 1, "expectedCategory"), "5:5", "5:5"),
        (("cases", 9, "id"), "3:3", "3:3"),
        (("cases", 0, "id", "deeper"), "3:9", "3:9"),
    ],
)
def test_every_value_and_key_has_its_place(route: Route, value_at: str, key_at: str) -> None:
    document = parse(SUITE)
    assert str(document.at(route)) == f"s.yaml:{value_at}"
    assert str(document.key_at(route)) == f"s.yaml:{key_at}"


def test_lines_count_from_where_the_text_begins_in_the_file() -> None:
    document = parse("a: 1\nb: [2]\n", first_line=10)
    assert str(document.at(("b", 0))) == "s.yaml:11:5"
    assert str(parse("", first_line=10).at(("b",))) == "s.yaml:10:1"


@pytest.mark.parametrize(
    ("route", "text"),
    [
        (("cases", 1, "vars", "days"), "1.10"),
        (("cases", 0, "mustContain", 1), "beta"),
        (("child", "a"), "1"),
        (("cases",), None),
        (("nowhere",), None),
    ],
)
def test_a_scalar_can_be_had_as_it_was_written(route: Route, text: str | None) -> None:
    assert parse(SUITE).text_at(route) == text


# Aliases and merges


def test_a_merge_fills_in_and_never_overrides() -> None:
    assert parse(SUITE).data == {
        "cases": [
            {"id": "first", "mustContain": ["alpha", "beta"]},
            {"id": "second", "vars": {"days": 1.1}},
        ],
        "base": {"a": 1, "b": 2},
        "child": {"a": 1, "b": 3},
    }


def test_of_several_merged_mappings_the_first_wins() -> None:
    data = parse("x: &x {a: 1}\ny: &y {a: 2, b: 2}\nz: {<<: [*x, *y]}\n").data
    assert isinstance(data, dict)
    assert data["z"] == {"a": 1, "b": 2}


def test_finding_a_place_looks_through_no_mapping_again(monkeypatch: pytest.MonkeyPatch) -> None:
    document = parse("".join(f"k{n}: {n}\n" for n in range(2_000)))
    monkeypatch.setattr(document._root, "value", None)
    lines = [document.key_at((f"k{n}",)).line for n in range(2_000)]
    assert lines == list(range(1, 2_001))


def test_merges_of_merges_are_looked_through_once_each() -> None:
    levels = ["a0: &a0 {x: 1}"]
    levels += [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 15)]
    document = parse("\n".join(levels))
    assert str(document.at(("a14", "x"))) == "s.yaml:1:13"
    assert str(document.at(("a14", "y"))) == "s.yaml:15:6"
    assert len(document._parts) == 16


# Mistakes


@pytest.mark.parametrize(
    ("text", "rule", "place", "fix"),
    [
        ("a: b: c\n", "bad-yaml", "s.yaml:1:5", "put the value in quotes, it holds ': '"),
        ("a:\n\tb: 1\n", "bad-yaml", "s.yaml:2:1", "indent with spaces (not tabs)"),
        ("a: @x\n", "bad-yaml", "s.yaml:1:4", "indent with spaces (not tabs), and quote"),
        ("a: *x\n", "bad-yaml", "s.yaml:1:4", "quote a value that begins with *"),
        ("a: [1, 2\n", "bad-yaml", "s.yaml:2:1", "look at the line above too"),
        ("a: 1\nb: 2\na: 3\n", "duplicate-key", "s.yaml:3:1", "remove one of the two"),
        ("{a: 1}: b\n", "bad-key", "s.yaml:1:1", "write the key as plain text"),
        ("a: !!python/object:os.system x\n", "bad-tag", "s.yaml:1:4", "remove the tag"),
        ("a: !!int x\n", "bad-tag", "s.yaml:1:4", "remove the tag"),
        ("a: !custom x\n", "bad-tag", "s.yaml:1:4", "remove the tag"),
        ("a: &a [*a]\n", "too-deep", "s.yaml:1:4", "flatten the document"),
        ("a: \x07\n", "bad-yaml", "s.yaml:1:1", "remove control characters"),
        ("a: 1\n---\nb: 2\n", "bad-yaml", "s.yaml:2:1", "look at the line above too"),
    ],
)
def test_a_mistake_has_its_place_and_its_fix(text: str, rule: str, place: str, fix: str) -> None:
    [finding] = refused(text)
    assert (finding.rule, str(finding.location)) == (rule, place)
    assert finding.fix is not None
    assert finding.fix.startswith(fix)


def test_several_mistakes_are_told_at_once() -> None:
    findings = refused("a: 1\na: 2\nb: !x y\nc: {d: 1, d: 2}\n")
    assert [str(finding.location) for finding in findings] == [
        "s.yaml:2:1",
        "s.yaml:3:4",
        "s.yaml:4:11",
    ]


def test_the_first_of_two_equal_keys_is_named_by_its_line() -> None:
    [finding] = refused("a: 1\n\n\na: 2\n")
    assert finding.message == "key 'a' already given on line 1"


# Hostile text


def test_a_bomb_of_aliases_is_refused() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    [finding] = refused("\n".join(levels))
    assert finding.rule == "too-many-values"
    assert finding.location is not None


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[" * 100 + "]" * 100,
        "- " * 5_000 + "x",
        "".join(f"{' ' * depth}a:\n" for depth in range(1_000)),
        "{a: " * 1_000 + "1" + "}" * 1_000,
    ],
    ids=["open", "closed", "dashes", "block", "flow"],
)
def test_deep_nesting_is_refused_and_does_not_end_the_process(text: str) -> None:
    [finding] = refused(text)
    assert finding.rule in {"too-deep", "bad-yaml"}


def test_brackets_inside_quotes_are_not_depth() -> None:
    text = "[" * 1_000
    assert parse(f"a: '{text}'\n").data == {"a": text}


def test_a_value_inside_as_many_others_as_the_limit_says_is_read() -> None:
    opened, closed = "[" * locate.MAX_DEPTH, "]" * locate.MAX_DEPTH
    assert parse(f"{opened}[]{closed}").data
    [finding] = refused(f"{opened}[[]]{closed}")
    assert finding.rule == "too-deep"


def test_a_text_over_the_limit_is_refused_before_it_is_parsed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(locate, "MAX_BYTES", 10)
    [finding] = refused("key: value that is long\n")
    assert finding.rule == "too-large"


@given(st.text(max_size=60) | st.text(alphabet="-:[]{}&*!|>'\"#%@` \n\tab0", max_size=40))
def test_any_text_is_either_data_or_findings(text: str) -> None:
    findings: tuple[Finding, ...] | None = None
    try:
        parse_yaml(text, path="s.yaml")
    except InputError as error:
        findings = error.findings
    assert findings is None or [f for f in findings if f.location] == list(findings) != []


def test_the_parser_is_the_fast_one() -> None:
    """The pure-Python parser is several times slower; wheels of PyYAML carry libyaml."""
    assert "CParser" in [base.__name__ for base in locate._Loader.__mro__]
