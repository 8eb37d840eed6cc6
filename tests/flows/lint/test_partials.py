"""The files that prompts include."""

from datetime import date
from pathlib import Path

from agentops_cli.config import load_config
from agentops_cli.flows.lint.options import LintOptions
from agentops_cli.flows.lint.partials import TemplateFiles, gather
from agentops_cli.flows.lint.parts import Scene

HEAD = "---\nversion: 1.0.0\n---\n"


def partials(folder: Path, stdin: bytes | None = None, **files: str) -> TemplateFiles:
    for name, text in files.items():
        (folder / f"{name}.prompt.md").write_text(HEAD + text, encoding="utf-8")
    config = load_config(folder, environ={}, overrides={})
    options = LintOptions(today=date(2026, 11, 24), stdin=stdin)
    return gather(Scene(config=config, options=options, paths=("a.prompt.md",), cards=dict))


def test_a_file_is_read_as_a_template(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("{% include 'c.md' %}", encoding="utf-8")
    file = partials(tmp_path).file("b.md")
    assert file is not None
    assert [include.name for include in file.template.includes] == ["c.md"]


def test_there_is_nothing_outside_of_the_project(tmp_path: Path) -> None:
    inside = tmp_path / "project"
    inside.mkdir()
    (tmp_path / "b.md").write_text("b", encoding="utf-8")
    files = partials(inside)
    assert [files.file(path) for path in ("../b.md", str(tmp_path / "b.md"), "no.md")] == [None] * 3


def test_what_an_editor_has_stands_before_what_the_disk_has(tmp_path: Path) -> None:
    files = partials(tmp_path, stdin=b"{% include 'x' %}", a="a")
    file = files.file("a.prompt.md")
    assert file is not None
    assert file.text == "{% include 'x' %}"


def test_the_stamp_changes_with_what_is_included_at_any_depth(tmp_path: Path) -> None:
    include = "{% include 'b.prompt.md' %}"
    deep = "{% include 'c.prompt.md' %}{% include 'a.prompt.md' %}"
    stamps = [
        partials(tmp_path, a=include, b=deep, c="c").stamp("a.prompt.md"),
        partials(tmp_path, c="c").stamp("a.prompt.md"),
        partials(tmp_path, c="d").stamp("a.prompt.md"),
        partials(tmp_path, b="b").stamp("a.prompt.md"),
    ]
    assert stamps[0] == stamps[1]
    assert len(set(stamps)) == 3


def test_a_prompt_that_includes_nothing_has_no_stamp(tmp_path: Path) -> None:
    assert partials(tmp_path, a="{{ a }}").stamp("a.prompt.md") == ""
