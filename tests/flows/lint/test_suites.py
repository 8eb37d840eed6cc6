"""What the linter learns of a project's suites, and what it leaves alone."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from agentops_cli.config import load_config
from agentops_cli.flows.lint import suites
from agentops_cli.flows.lint.flow import lint
from agentops_cli.flows.lint.options import LintOptions
from agentops_cli.flows.lint.parts import Scene
from agentops_cli.flows.lint.suite_files import MOST_ROWS
from agentops_cli.flows.lint.suites import ProjectSuites
from agentops_cli.lint.outcome import LintRun
from agentops_cli.lint.select import Wish
from agentops_cli.rules.project import Card

PROMPT = "prompts/greeting.prompt.md"
TEXT = "---\nversion: 1.0.0\nmodel: openai/gpt-4o-mini\n---\nAnswer briefly.\n"
CASE = "cases:\n  - {id: a, input: Who are you?, mustContain: bot}\n"
SUITE = f"prompt: ../{PROMPT}\n{CASE}"

Files = Mapping[str, str | bytes]
MakeSuites = Callable[[Files], ProjectSuites]


def _write(folder: Path, files: Files) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.fixture
def project(tmp_path: Path) -> MakeSuites:
    def make(files: Files) -> ProjectSuites:
        _write(tmp_path, {PROMPT: TEXT, **files})
        card = Card(path=PROMPT, kind="native", name="greeting", name_line=1)
        scene = Scene(
            config=load_config(tmp_path, environ={}, overrides={}),
            options=LintOptions(today=date(2026, 11, 24)),
            paths=(PROMPT,),
            cards=lambda: {PROMPT: card},
            known=lambda path: card if path == PROMPT else None,
        )
        return suites.gather(scene)

    return make


def _lint(folder: Path, *, select: str = "PE", use_cache: bool = False) -> LintRun:
    options = LintOptions(today=date(2026, 11, 24), use_cache=use_cache)
    config = load_config(folder, environ={}, overrides={})
    # Not as if it were typed: one of the family needs git, which is not here.
    return lint(replace(config, lint=replace(config.lint, select=(select,))), options)


@pytest.mark.parametrize("written", [f"../{PROMPT}", "greeting"])
def test_a_suite_is_found_by_the_path_and_by_the_name_of_its_prompt(
    project: MakeSuites, written: str
) -> None:
    found = project({"evals/a.yaml": f"prompt: {written}\n{CASE}"}).of(PROMPT, "greeting")
    assert [(each.path, each.prompt, each.cases) for each in found] == [
        ("evals/a.yaml", written, 1)
    ]


def test_what_cases_are_and_forbid_is_told_of_all_of_them(project: MakeSuites) -> None:
    text = (
        "prompt: greeting\n"
        "models: [openai/gpt-4o]\n"
        "defaults: {tags: [smoke]}\n"
        "cases:\n"
        "  - {id: a, input: x, tags: [injection], mustNotContain: y}\n"
        "  - {id: b, input: z, assert: [{regex: y}]}\n"
        "  - {id: c, input: z, skip: later, mustContain: y}\n"
    )
    (facts,) = project({"evals/a.yaml": text}).of(PROMPT, "greeting")
    assert facts.cases == 2
    assert facts.tags == {"smoke", "injection"}
    assert facts.kinds == {"mustNotContain", "regex"}
    assert facts.forbids
    assert facts.models == ("openai/gpt-4o",)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("prompt: greeting\ncases: 3\n", "evals/a.yaml:2:8: not read: 'cases' must be a list"),
        ("prompt: [\n", "evals/a.yaml:2:1: not read: not valid YAML"),
        ("", "evals/a.yaml:1:1: not read: the document must be a mapping, not empty"),
        ("- a row\n", "evals/a.yaml:1:1: not read: the document must be a mapping, not a list"),
        (b"\xff\xfe", "evals/a.yaml: not read: evals/a.yaml is not UTF-8"),
    ],
)
def test_a_suite_that_cannot_be_read_gives_no_facts_and_one_note(
    project: MakeSuites, text: str | bytes, note: str
) -> None:
    found = project({"evals/a.yaml": text})
    (only,) = found.notes
    assert only.startswith(note)
    assert [each.cases for each in found.all] in ([], [0])


def test_a_suite_that_is_no_yaml_may_name_any_prompt(project: MakeSuites) -> None:
    assert project({"evals/a.yaml": "prompt: [\n"}).may_name_any
    assert not project({"evals/a.yaml": "prompt: 3\n"}).may_name_any


def test_no_function_of_a_suite_is_loaded_and_no_judge_is_wanted(
    project: MakeSuites, tmp_path: Path
) -> None:
    case = "  - {id: b, input: y, assert: [{script: 'checks.py:f'}, {rubric: It is polite}]}\n"
    checks = f"open({str(tmp_path / 'ran')!r}, 'w')\ndef f(answer, context): return True\n"
    found = project({"evals/a.yaml": SUITE + case, "evals/checks.py": checks})
    assert not found.notes
    assert found.of(PROMPT)[0].kinds == {"mustContain", "script", "rubric"}
    assert not (tmp_path / "ran").exists()


def test_of_a_large_dataset_only_the_beginning_is_read(project: MakeSuites) -> None:
    suite = (
        'prompt: greeting\ndatasets:\n  - {file: rows.csv, input: q, mustContain: "{{ row.a }}"}\n'
    )
    # The row at which reading stops goes on over the lines after it.
    rows = [f"q{number},a\n" for number in range(MOST_ROWS - 1)]
    rows += ['"one\ntwo\nthree",a\n', *(f"r{number},a\n" for number in range(MOST_ROWS))]
    found = project({"evals/a.yaml": suite, "evals/rows.csv": "q,a\n" + "".join(rows)})
    (facts,) = found.of(PROMPT, "greeting")
    assert not found.notes
    assert facts.is_cut
    assert facts.looked_at[-1].input == "one\ntwo\nthree"


def test_a_dataset_that_is_just_read_whole_is_not_cut(project: MakeSuites) -> None:
    suite = (
        'prompt: greeting\ndatasets:\n  - {file: rows.csv, input: q, mustContain: "{{ row.a }}"}\n'
    )
    rows = "".join(f"q{number},a\n" for number in range(MOST_ROWS - 1))
    (facts,) = project({"evals/a.yaml": suite, "evals/rows.csv": f"q,a\n{rows}"}).of("", "greeting")
    assert (facts.cases, facts.is_cut) == (MOST_ROWS - 1, False)


def test_files_that_are_no_suites_do_no_harm(project: MakeSuites, tmp_path: Path) -> None:
    (tmp_path / "evals/folder.yaml").mkdir(parents=True)
    (tmp_path / "evals/loop.yaml").symlink_to("loop.yaml")
    assert [each.path for each in project({"evals/a.yaml": SUITE}).all] == ["evals/a.yaml"]


def test_the_stamp_of_a_prompt_changes_with_its_suites_and_their_data(
    project: MakeSuites,
) -> None:
    suite = (
        'prompt: greeting\ndatasets:\n  - {file: rows.csv, input: q, mustContain: "{{ row.a }}"}\n'
    )
    files = {"evals/a.yaml": suite, "evals/rows.csv": "q,a\nx,y\n"}
    first = project(files).stamp(PROMPT)
    assert first is not None
    assert project(files).stamp(PROMPT) == first
    assert project({**files, "evals/rows.csv": "q,a\nx,z\n"}).stamp(PROMPT) != first
    assert project({**files, "evals/b.yaml": SUITE}).stamp(PROMPT) != first


def test_kept_findings_are_looked_at_anew_when_a_suite_changes(tmp_path: Path) -> None:
    named = TEXT.replace("---\nAnswer", "tests: ../checks/a.yaml\n---\nAnswer")
    _write(tmp_path, {PROMPT: named, "evals/b.yaml": "prompt: other\n" + CASE})
    codes = []
    for text in (None, SUITE, SUITE.replace("greeting", "other")):
        if text:
            _write(tmp_path, {"checks/a.yaml": text})
        run = _lint(tmp_path, select="PE001", use_cache=True)
        codes.append([each.finding.message for each in run.findings])
    assert codes == [
        ["there is no suite at '../checks/a.yaml'"],
        [],
        ["checks/a.yaml is named here, and tests another prompt"],
    ]


def test_what_is_not_read_is_told_beside_the_findings(tmp_path: Path) -> None:
    _write(tmp_path, {PROMPT: TEXT, "evals/a.yaml": "prompt: greeting\ncases: 3\n"})
    run = _lint(tmp_path)
    assert not run.findings
    assert [note.partition(": not read: ")[0] for note in run.notes] == ["evals/a.yaml:2:8"]


def test_a_project_whose_prompts_nobody_names_is_told_once(tmp_path: Path) -> None:
    _write(tmp_path, {PROMPT: TEXT, "prompts/other.prompt.md": TEXT})
    run = _lint(tmp_path)
    assert [(each.place.path, each.rule.code) for each in run.findings] == [(PROMPT, "PE001")]


def test_suites_are_read_from_the_root_wherever_the_user_is(tmp_path: Path) -> None:
    _write(tmp_path, {PROMPT: TEXT, "evals/a.yaml": SUITE})
    config = load_config(tmp_path, environ={}, overrides={})
    options = LintOptions(today=date(2026, 11, 24), wish=Wish(select=("PE001",)))
    assert not lint(config, replace(options, paths=(PROMPT,))).findings
    inside = replace(options, paths=("greeting.prompt.md",), cwd=tmp_path / "prompts")
    assert not lint(config, inside).findings


def test_what_stands_in_a_suite_is_left_alone_where_the_settings_say_so_of_suites(
    tmp_path: Path,
) -> None:
    case = "  - {id: b, input: x, vars: {y: 1}, mustContain: z}\n"
    settings = "lint: {perFileIgnores: {'evals/*.yaml': [PE004]}}\n"
    _write(tmp_path, {PROMPT: TEXT, "evals/a.yaml": SUITE + case})
    assert [each.place.path for each in _lint(tmp_path, select="PE004").findings] == [
        "evals/a.yaml"
    ]
    _write(tmp_path, {"agentops.yaml": settings})
    run = _lint(tmp_path, select="PE004")
    assert not run.findings
    assert [each.place.path for each in run.suppressed] == ["evals/a.yaml"]
