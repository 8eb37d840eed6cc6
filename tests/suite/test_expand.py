from collections.abc import Iterator
from itertools import islice
from typing import Literal

import pytest

from agentops_cli import spool
from agentops_cli.errors import InputError, UnreadableError
from agentops_cli.model.finding import MOST_MISTAKES
from agentops_cli.suite.read import read_suite
from tests.suite.reading import Files, a_context, mistakes, read, shown

SUITE = """
    prompt: p.md
    datasets:
      - file: rows.csv
        id: key
        input: body
        vars: {ticket: body, level: priority}
        types: {priority: int, urgent: bool}
        tags: [lang]
        xfail: reason
        assert: [{kind: jsonPath, path: $.label, equals: "{{ row.label }}"}]
"""
ROWS = """key,body,priority,urgent,lang,label,reason
t1,"It, crashed",3,yes,en,bug,
t2,"Two
lines",1,no,de,billing,says other
"""


def test_each_row_becomes_a_case_with_its_place() -> None:
    first, second = read(SUITE, {"evals/rows.csv": ROWS}).cases
    assert (first.id, first.input, str(first.location)) == ("t1", "It, crashed", "evals/rows.csv:2")
    assert first.vars == {"ticket": "It, crashed", "level": 3}
    assert first.tags == {"lang:en"}
    assert first.assertions[0].args == {"path": "$.label", "equals": "bug"}
    assert (first.xfail, second.xfail) == (None, "says other")
    assert (second.input, str(second.location)) == ("Two\nlines", "evals/rows.csv:3")
    assert second.row["urgent"] is False


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("evals/rows.jsonl", '{"q": "a", "n": 1}\n\n{"q": "b", "n": 2}\n'),
        ("evals/rows.json", '[{"q": "a", "n": 1},\n {"q": "b", "n": 2}]'),
        ("evals/rows.yaml", "- {q: a, n: 1}\n- {q: b, n: 2}\n"),
        ("evals/rows.csv", "q,n\na,1\nb,2\n"),
    ],
)
def test_four_formats_give_the_same_cases(name: str, text: str) -> None:
    suffix = name.rpartition(".")[2]
    suite = read(
        f"""
        prompt: p.md
        datasets: [{{file: rows.{suffix}, input: q, mustContain: ["{{{{ row.n }}}}"]}}]
        """,
        {name: text},
    )
    assert [(case.id, case.input, case.assertions[0].args) for case in suite.cases] == [
        ("1", "a", {"value": ["1"]}),
        ("2", "b", {"value": ["2"]}),
    ]


def test_a_pattern_takes_every_file_and_tells_their_rows_apart() -> None:
    suite = read(
        "prompt: p.md\ndatasets: [{file: '*.jsonl', input: q, mustContain: x}]\n",
        {"evals/b.jsonl": '{"q": "1"}\n', "evals/a.jsonl": '{"q": "2"}\n{"q": "3"}\n'},
    )
    assert [case.id for case in suite.cases] == ["a-1", "a-2", "b-1"]


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    suite = read(
        "prompt: p.md\ndatasets: [{file: rows.csv, id: key, mustContain: x}]\n",
        {"evals/rows.csv": "\ufeffkey\nt1\n"},
    )
    assert suite.cases[0].id == "t1"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("key,body\nt1,\n", ["evals/rows.csv:2 empty-cell"]),
        ("key,body\n,x\n", ["evals/rows.csv:2 empty-cell"]),
        ("key,text\nt1,x\n", ["evals/s.yaml:2:45 missing-column"]),
        ("key,body\n", ["evals/rows.csv:1 empty-dataset"]),
        ("", ["evals/rows.csv:1 empty-dataset"]),
        ("key,body\nt1\n", ["evals/rows.csv:2 bad-row"]),
        ('key,body\nt1,"x\n', ["evals/rows.csv:2 bad-csv"]),
        ("key,key\nt1,x\n", ["evals/rows.csv:1 duplicate-column"]),
        ("key,body\nt1,x\nt1,y\n", ["evals/rows.csv:3 duplicate-id"]),
    ],
)
def test_a_mistake_in_a_row_is_placed_in_its_file(rows: str, expected: list[str]) -> None:
    text = "prompt: p.md\ndatasets: [{file: rows.csv, id: key, input: body, mustContain: x}]\n"
    findings = mistakes(text, {"evals/rows.csv": rows})
    assert [f"{finding.location} {finding.rule}" for finding in findings] == expected


def test_a_cell_that_is_not_of_its_type_is_named() -> None:
    text = "prompt: p.md\ndatasets: [{file: r.csv, types: {n: int}, mustContain: x}]\n"
    [finding] = mistakes(text, {"evals/r.csv": "n\nmany\n"})
    assert str(finding.location) == "evals/r.csv:2"
    assert finding.message.startswith("column 'n' is no int")


def test_a_template_that_lacks_a_cell_names_the_row() -> None:
    text = "prompt: p.md\ndatasets: [{file: r.jsonl, mustContain: '{{ row.label }}'}]\n"
    [finding] = mistakes(text, {"evals/r.jsonl": '{"label": "x"}\n{"lable": "y"}\n'})
    assert finding.rule == "bad-template"
    assert "evals/r.jsonl:2" in finding.message


@pytest.mark.parametrize("file", ["no.csv", "no*.csv"])
def test_a_file_that_is_not_there_is_an_input_error(file: str) -> None:
    text = f"prompt: p.md\ndatasets: [{{file: '{file}', mustContain: x}}]\n"
    assert shown(mistakes(text)) == ["2:19 missing-file"]


def test_every_bad_line_of_a_jsonl_file_is_reported() -> None:
    text = "prompt: p.md\ndatasets: [{file: r.jsonl, mustContain: x}]\n"
    findings = mistakes(text, {"evals/r.jsonl": '{"a": 1}\n[1]\n{"a"\n'})
    assert [str(finding.location) for finding in findings] == ["evals/r.jsonl:2", "evals/r.jsonl:3"]


REASONS = "prompt: p.md\ndatasets: [{file: rows.%s, skip: why, xfail: why, mustContain: x}]\n"


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        *(("jsonl", cell) for cell in ("false", "0", "0.0", "null", '""', '" \\t"')),
        *(("csv", cell) for cell in ('" "', "no", "No", "false", "FALSE", " 0 ")),
    ],
)
def test_a_cell_that_says_no_is_no_reason(name: str, cell: str) -> None:
    rows = f"id,why\na,{cell}\n" if name == "csv" else f'{{"id": "a", "why": {cell}}}\n'
    [case] = read(REASONS % name, {f"evals/rows.{name}": rows}).cases
    assert (case.skip, case.xfail) == (None, None)


@pytest.mark.parametrize("cell", ["true", "7", "0.5", '["x"]', '{"a": 1}'])
def test_a_reason_that_is_no_text_is_a_mistake(cell: str) -> None:
    text = "prompt: p.md\ndatasets: [{file: rows.jsonl, skip: why, mustContain: x}]\n"
    [finding] = mistakes(text, {"evals/rows.jsonl": f'{{"id": "a", "why": {cell}}}\n'})
    assert f"{finding.location} {finding.rule}" == "evals/rows.jsonl:1 bad-cell"
    assert finding.message.startswith("column 'why' must be text, not ")
    assert finding.fix == "write the reason as text"


def test_a_reason_typed_as_a_boolean_is_told_apart_from_none() -> None:
    text = "prompt: p.md\ndatasets: [{file: r.csv, skip: s, types: {s: bool}, mustContain: x}]\n"
    assert read(text, {"evals/r.csv": "s\nno\n"}).cases[0].skip is None
    [finding] = mistakes(text, {"evals/r.csv": "s\nyes\n"})
    assert finding.message == "column 's' must be text, not true"


def test_an_id_of_white_space_is_a_mistake() -> None:
    text = "prompt: p.md\ndatasets: [{file: r.csv, mustContain: x}]\n"
    [finding] = mistakes(text, {"evals/r.csv": "id,q\n  ,x\n"})
    assert f"{finding.location} {finding.rule}" == "evals/r.csv:2 empty-cell"


# What no file can mean

BAD_JSON = {
    "open": ("[" * 100_000, "nested more than 50 deep"),
    "deep": ("[" * 100 + "]" * 100, "nested more than 50 deep"),
    "objects": ('{"a": ' * 60 + "1" + "}" * 60, "nested more than 50 deep"),
    "twice": ('{"a": 1, "a": 2}', "the key 'a' is there twice"),
    "nan": ("[NaN]", "a number must be finite, not NaN"),
    "infinity": ("-Infinity", "a number must be finite, not -Infinity"),
    "huge": ("1e999", "a number must be finite, not 1e999"),
    "rest": ("1 2", "Extra data"),
}


@pytest.mark.parametrize(("cell", "problem"), BAD_JSON.values(), ids=BAD_JSON)
def test_json_that_has_no_one_meaning_is_placed_in_its_file(cell: str, problem: str) -> None:
    text = "prompt: p.md\ndatasets: [{file: r.%s, mustContain: x%s}]\n"
    quoted = cell.replace('"', '""')
    for suffix, more, rows in (
        ("jsonl", "", f'{{"c": 1}}\n{{"c": {cell}}}\n'),
        ("csv", ", types: {c: json}", f'c\n"{quoted}"\n'),
    ):
        [finding] = mistakes(text % (suffix, more), {f"evals/r.{suffix}": rows})
        assert str(finding.location) == f"evals/r.{suffix}:2"
        assert problem in finding.message or (suffix == "jsonl" and cell == "1 2")


def test_a_json_array_is_held_to_the_same() -> None:
    text = "prompt: p.md\ndatasets: [{file: r.json, mustContain: x}]\n"
    for cell, problem in list(BAD_JSON.values())[:-1]:
        [finding] = mistakes(text, {"evals/r.json": f'[{{"c": 1}},\n{{"c": {cell}}}]'})
        assert str(finding.location) == "evals/r.json:2"
        assert problem in finding.message


def test_brackets_in_a_text_are_not_depth() -> None:
    text = "prompt: p.md\ndatasets: [{file: r.jsonl, mustContain: x}]\n"
    [case] = read(text, {"evals/r.jsonl": f'{{"c": "{"[" * 100}"}}'}).cases
    assert case.row["c"] == "[" * 100


@pytest.mark.parametrize("cell", ["nan", "inf", "1e999"])
def test_a_float_column_holds_finite_numbers(cell: str) -> None:
    text = "prompt: p.md\ndatasets: [{file: r.csv, types: {n: float}, mustContain: x}]\n"
    [finding] = mistakes(text, {"evals/r.csv": f"n\n{cell}\n"})
    assert f"{finding.location} {finding.rule}" == "evals/r.csv:2 bad-cell"


def test_a_row_of_yaml_holds_finite_numbers() -> None:
    text = "prompt: p.md\ndatasets: [{file: r.yaml, mustContain: x}]\n"
    [finding] = mistakes(text, {"evals/r.yaml": "- {n: 1}\n- {n: .nan}\n"})
    assert f"{finding.location} {finding.rule}" == "evals/r.yaml:2:4 bad-value"


# Row by row

LATE = "prompt: p.md\ndatasets: [{file: r.jsonl, skip: why, mustContain: x}]\n"


@pytest.mark.parametrize("kept", [1, 100])
def test_a_column_that_comes_late_is_a_column_and_no_row_before_it_is_lost(
    monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr(spool, "KEPT", kept)
    rows = "".join(f'{{"n": {number}}}\n' for number in range(5))
    cases = read(LATE, {"evals/r.jsonl": f'{rows}{{"why": "later"}}\n{rows}'}).cases
    assert [case.row.get("n") for case in cases] == [0, 1, 2, 3, 4, None, 0, 1, 2, 3, 4]
    assert [case.skip for case in cases] == [None] * 5 + ["later"] + [None] * 5
    assert [str(case.location) for case in cases[4:7]] == [
        f"evals/r.jsonl:{line}" for line in (5, 6, 7)
    ]


def test_a_column_that_no_row_has_is_told_once_with_the_nearest_of_all_rows() -> None:
    rows = '{"n": 1}\n{"wy": "", "m": 2}\n'
    [finding] = mistakes(LATE, {"evals/r.jsonl": rows})
    assert (finding.rule, finding.fix) == ("missing-column", "did you mean 'wy'?")


def test_of_a_file_with_bad_lines_nothing_is_said_of_missing_columns() -> None:
    [finding] = mistakes(LATE, {"evals/r.jsonl": '{"n": 1}\n{"why"\n'})
    assert f"{finding.location} {finding.rule}" == "evals/r.jsonl:2 bad-json"


def test_what_is_wrong_in_one_file_hides_nothing_of_the_next() -> None:
    text = "prompt: p.md\ndatasets: [{file: '*.csv', id: key, mustContain: x}]\n"
    files = {"evals/a.csv": 'key\n"a\n', "evals/b.csv": "kay\nb\n", "evals/c.csv": "key,n\n,1\n"}
    found = sorted(f"{finding.location} {finding.rule}" for finding in mistakes(text, files))
    assert found == [
        "evals/a.csv:2 bad-csv",
        "evals/c.csv:2 empty-cell",
        "evals/s.yaml:2:32 missing-column",
    ]


def test_old_line_ends_are_line_ends_in_csv_and_white_space_in_jsonl() -> None:
    text = "prompt: p.md\ndatasets: [{file: 'r.%s', mustContain: x}]\n"
    for suffix, rows in (("csv", "n\r1\r2\r"), ("jsonl", '{"n":\r"1"}\r\n{"n": "2"}\r\n')):
        cases = read(text % suffix, {f"evals/r.{suffix}": rows}).cases
        assert [case.row for case in cases] == [{"n": "1"}, {"n": "2"}]


class Broken(Files):
    """A file that cannot be read to its end."""

    def lines(self, path: str, *, newline: Literal["", "\n"]) -> Iterator[str]:
        yield from islice(super().lines(path, newline=newline), 2)
        raise UnreadableError(f"{path} cannot be read: the disk is gone")


def test_a_file_that_breaks_off_is_placed_where_it_is_named() -> None:
    text = "prompt: p.md\ndatasets: [{file: r.csv, mustContain: x}]\n"
    with pytest.raises(InputError) as caught:
        read_suite(text, path="evals/s.yaml", context=a_context(Broken({"evals/r.csv": "n\n1\n2"})))
    [finding] = caught.value.findings
    assert f"{finding.location} {finding.rule}" == "evals/s.yaml:2:19 missing-file"
    assert "the disk is gone" in finding.message


def test_reading_stops_where_there_are_more_mistakes_than_anybody_reads() -> None:
    text = "prompt: p.md\ndatasets: [{file: r.csv, id: key, mustContain: x}]\n"
    findings = mistakes(text, {"evals/r.csv": "key,n\n" + ",1\n" * 5_000})
    assert len(findings) == MOST_MISTAKES + 1
    assert [f.rule for f in findings if f.rule != "empty-cell"] == ["too-many-mistakes"]


# Ids


@pytest.mark.parametrize("kept", [1, 100])
def test_each_id_that_was_there_before_is_told_with_its_first_place(
    monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr(spool, "KEPT", kept)
    text = """
        prompt: p.md
        cases: [{id: b, input: x, mustContain: x}]
        datasets: [{file: r.csv, id: key, mustContain: x}, {file: r.csv, id: key, mustContain: x}]
    """
    told = [
        f"{finding.location}: {finding.message}"
        for finding in mistakes(text, {"evals/r.csv": "key\na\nb\n"})
        if finding.rule == "duplicate-id"
    ]
    assert sorted(told) == [
        "evals/r.csv:2: case id 'a' is already used at evals/r.csv:2",
        "evals/r.csv:3: case id 'b' is already used at evals/s.yaml:2:9",
    ]
