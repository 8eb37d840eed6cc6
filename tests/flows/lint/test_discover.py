import errno
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from agentops_cli.flows.lint.discover import Finder

DEFAULT = ("prompts/**/*.prompt.md",)


def _write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")


def _configured(folder: Path, *patterns: str) -> list[str]:
    return list(Finder(folder, patterns).configured().paths)


def _typed(folder: Path, *names: str) -> list[str]:
    return list(Finder(folder, DEFAULT).typed(names, folder).paths)


def test_a_pattern_collects_what_it_matches(tmp_path: Path) -> None:
    _write(tmp_path, "prompts/b.prompt.md", "prompts/x/a.prompt.md", "a.prompt.md", "prompts/c.md")
    assert _configured(tmp_path, *DEFAULT) == ["prompts/b.prompt.md", "prompts/x/a.prompt.md"]


def test_each_pattern_must_match(tmp_path: Path) -> None:
    _write(tmp_path, "prompts/a.prompt.md")
    found = Finder(tmp_path, (*DEFAULT, "promts/*.md")).configured()
    assert found.missing == ("promts/*.md",)


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "x/readme.zh-CN.md",
        "CHANGELOG.md",
        "LICENSE-MIT.txt",
        "CODE_OF_CONDUCT.md",
        "docs/a.md",
        "x/docs/y/a.md",
        "node_modules/p/a.md",
        ".venv/a.md",
        "x/.a.md",
    ],
)
def test_what_is_no_prompt_of_the_project_is_not_collected(tmp_path: Path, name: str) -> None:
    _write(tmp_path, name, "a.md")
    assert _configured(tmp_path, "**/*.md", "**/*.txt")[:2] == ["a.md"]


@pytest.mark.parametrize("name", ["license-checker.md", "readme.prompt.md", "security-agent.md"])
def test_a_prompt_about_documents_is_a_prompt(tmp_path: Path, name: str) -> None:
    _write(tmp_path, name)
    assert _configured(tmp_path, "*.md") == [name]


def test_a_pattern_that_names_documents_means_them(tmp_path: Path) -> None:
    _write(tmp_path, "docs/prompts/a.md", ".hidden/a.md")
    assert _configured(tmp_path, "docs/**/*.md", ".hidden/*.md") == [
        ".hidden/a.md",
        "docs/prompts/a.md",
    ]


def test_a_named_file_is_linted_whatever_it_is_called(tmp_path: Path) -> None:
    names = ["README.md", "docs/x.txt", ".hidden", "node_modules/a.md", "a\nb.md", "[a].md"]
    _write(tmp_path, *names)
    assert _typed(tmp_path, *names) == sorted(names)


def test_a_folder_gives_the_files_of_known_conventions(tmp_path: Path) -> None:
    prompts = [
        ".claude/agents/a.md",
        ".cursor/rules/b.mdc",
        ".github/copilot-instructions.md",
        ".github/prompts/c.prompt.md",
        "AGENTS.md",
        "p/d.prompt",
        "p/e.prompt.yml",
        "p/f.prompty",
        "skills/g/SKILL.md",
    ]
    _write(tmp_path, *prompts, "notes.md", "README.md", "docs/a.prompt.md", ".git/a.prompt.md")
    assert _typed(tmp_path, ".") == sorted(prompts)
    assert _typed(tmp_path, "p") == ["p/d.prompt", "p/e.prompt.yml", "p/f.prompty"]


def test_a_folder_gives_nothing_that_git_ignores(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text("build/\n", encoding="utf-8")
    _write(tmp_path, "build/a.prompt.md", "src/b.prompt.md", "src/ä\nc.prompt.md")
    assert _typed(tmp_path, ".") == ["src/b.prompt.md", "src/ä\nc.prompt.md"]
    assert _typed(tmp_path, "src") == ["src/b.prompt.md", "src/ä\nc.prompt.md"]
    assert _typed(tmp_path, "build/a.prompt.md") == ["build/a.prompt.md"]


def test_links_that_lead_round_in_circles_are_not_followed(tmp_path: Path) -> None:
    _write(tmp_path, "prompts/a.prompt.md")
    (tmp_path / "prompts" / "loop").symlink_to(tmp_path / "prompts")
    (tmp_path / "prompts" / "self").symlink_to("self")
    (tmp_path / "prompts" / "b.prompt.md").symlink_to("a.prompt.md")
    wanted = ["prompts/a.prompt.md", "prompts/b.prompt.md"]
    assert _configured(tmp_path, *DEFAULT) == wanted
    assert _typed(tmp_path, "prompts") == wanted


def test_what_matches_nothing_is_told(tmp_path: Path) -> None:
    _write(tmp_path, "prompts/a.prompt.md", "empty/a.txt")
    names = ("prompts/a.prompt.md", "gone.prompt.md", "empty", "x*")
    assert Finder(tmp_path, DEFAULT).typed(names, tmp_path).missing == names[1:]


def test_paths_are_typed_where_one_stands(tmp_path: Path) -> None:
    _write(tmp_path, "prompts/a.prompt.md", "b.md")
    found = Finder(tmp_path, DEFAULT).typed(("a.prompt.md", "../b.md"), tmp_path / "prompts")
    assert found.paths == ("b.md", "prompts/a.prompt.md")
    absolute = str(tmp_path / "b.md")
    assert Finder(tmp_path, DEFAULT).typed((absolute,), tmp_path / "prompts").paths == ("b.md",)


def test_a_closed_folder_does_no_harm(tmp_path: Path) -> None:
    _write(tmp_path, "prompts/a.prompt.md", "prompts/closed/b.prompt.md")
    closed = tmp_path / "prompts" / "closed"
    closed.chmod(0)
    try:
        assert "prompts/a.prompt.md" in _configured(tmp_path, *DEFAULT)
    finally:
        closed.chmod(0o700)


def test_the_configuration_declares_what_it_names(tmp_path: Path) -> None:
    finder = Finder(tmp_path, DEFAULT)
    assert finder.declares("prompts/a.prompt.md")
    assert not finder.declares("a.prompt.md")


def test_a_folder_gives_what_the_configuration_names_in_it(tmp_path: Path) -> None:
    _write(tmp_path, "prompts/a.md", "prompts/README.md", "notes/b.md")
    finder = Finder(tmp_path, ("prompts/**/*.md",))
    assert finder.typed(("prompts",), tmp_path).paths == ("prompts/a.md",)
    assert finder.typed((".",), tmp_path).paths == ("prompts/a.md",)
    assert not finder.declares("prompts/README.md")


def test_a_configured_folder_that_leads_out_of_the_repository_is_not_looked_into(
    git_repo: Path,
) -> None:
    outside = git_repo.parent / "outside"
    _write(outside, "deep/a.prompt.md")
    _write(git_repo, "shared/b.prompt.md")
    (git_repo / "out").symlink_to(outside)
    (git_repo / "prompts").symlink_to("shared")
    patterns = ("out/deep/*.prompt.md", "prompts/*.prompt.md")
    assert _configured(git_repo, *patterns) == ["out", "prompts/b.prompt.md"]
    assert _typed(git_repo, "out/deep/*.prompt.md") == ["out/deep/a.prompt.md"]


@pytest.mark.parametrize("error", [errno.EACCES, errno.EIO])
def test_a_folder_that_is_closed_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    _write(tmp_path, "prompts/a.prompt.md", "prompts/closed/b.prompt.md")
    real = os.scandir

    def scandir(path: Path) -> object:
        if path.name == "closed":
            raise OSError(error, os.strerror(error))
        return real(path)

    # Whoever is root may look into any folder.
    monkeypatch.setattr(os, "scandir", scandir)
    expected = ["prompts/a.prompt.md", "prompts/closed"]
    assert _configured(tmp_path, *DEFAULT) == expected
    assert _typed(tmp_path, ".") == expected


def test_a_folder_that_git_cannot_open_is_told_of(
    git_repo: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(git_repo, "pkg/prompts/a.prompt.md", "pkg/prompts/it's/b.prompt.md")
    subprocess.run(["git", "init", "--quiet", "pkg/inner"], cwd=git_repo, check=True)
    _write(git_repo, "pkg/inner/c.prompt.md")
    real = shutil.which("git")
    shim = tmp_path_factory.mktemp("bin") / "git"
    script = """#!/bin/sh
case " $* " in *" --others "*)
  echo "warning: could not open directory 'pkg/prompts/it's/': Permission denied" >&2;;
esac
exec GIT "$@"
"""
    shim.write_text(script.replace("GIT", real or ""))
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(shim.parent), prepend=os.pathsep)
    (git_repo / ".gitignore").write_text("it's\n")
    assert _typed(git_repo / "pkg", "prompts") == ["prompts/a.prompt.md", "prompts/it's"]
    assert _typed(git_repo / "pkg", ".") == ["prompts/a.prompt.md", "prompts/it's"]
