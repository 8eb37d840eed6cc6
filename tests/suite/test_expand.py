import pytest

from tests.suite.reading import mistakes, read, shown

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
