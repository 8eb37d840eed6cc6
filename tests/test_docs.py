"""The documentation is true: links lead somewhere, examples are valid, tables match the code."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agentops_cli.assertions import BUILTIN
from agentops_cli.errors import ExitCode
from agentops_cli.gateways.local import INSTALL, is_installed
from agentops_cli.locate import parse_yaml
from agentops_cli.ports import AssertionType
from agentops_cli.registry import Registry
from agentops_cli.validate import check

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
YAML = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


def examples() -> list[tuple[str, str, str]]:
    """Every YAML block of the pages that is a whole file, by place and kind."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in YAML.finditer(text):
            kind = _kind(block[1])
            if kind and "reference" not in page.parts:
                line = text[: block.start()].count("\n") + 1
                found.append((f"{page.relative_to(ROOT)}:{line}", kind, block[1]))
    return found


def _kind(block: str) -> str | None:
    if re.search(r"^(jobs|on):", block, re.MULTILINE):
        return None  # A workflow.
    if re.search(r"^examples:", block, re.MULTILINE):
        return None  # A judge file, cut to two of its examples.
    return "suite" if re.search(r"^(cases|datasets):", block, re.MULTILINE) else "config"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize(("place", "kind", "text"), examples())
def test_every_example_is_valid(place: str, kind: str, text: str) -> None:
    assert check(parse_yaml(text, path=place), kind) == ()


def test_there_are_examples_of_both_kinds() -> None:
    assert {kind for _, kind, _ in examples()} == {"suite", "config"}


@pytest.mark.local_llm
@pytest.mark.skipif(not is_installed(), reason=f"install it: {INSTALL}")
def test_the_quickstart_works_as_it_is_written(project: Path) -> None:
    text = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")
    [prompt] = re.findall(r"```markdown\n(.*?)```", text, re.DOTALL)
    suite, config, _ = YAML.findall(text)
    for path, content in (
        ("prompts/sentiment.prompt.md", prompt),
        ("evals/sentiment.yaml", suite),
        ("agentops.yaml", config),
    ):
        (project / path).parent.mkdir(exist_ok=True)
        (project / path).write_text(content, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "agentops_cli", "eval"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "reports" / "junit.xml").exists()


def test_the_exit_codes_of_the_readme_are_those_of_the_code() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = [row for row in readme.splitlines() if re.match(r"\| \d+ \|", row)]
    assert rows == [f"| {code.value} | {code.name} | {code.meaning} |" for code in ExitCode]


def test_every_make_target_that_is_written_about_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for page in PAGES:
        named = re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(named) <= targets, page.name


@pytest.mark.parametrize("name", BUILTIN)
def test_every_assertion_documents_itself_under_the_four_headings(name: str) -> None:
    registry: Registry[AssertionType] = Registry("agentops.assertions", BUILTIN, noun="assertion")
    text = inspect.getdoc(registry.get(name)) or ""
    headings = re.findall(r"^\*([^*]+)\*$", text, re.MULTILINE)
    assert headings == ["What it checks", "Why it matters", "Example", "Fix"]
