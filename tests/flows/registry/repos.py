"""Real repositories of prompts with several versions."""

from pathlib import Path

from agentops_cli.config import load_config
from agentops_cli.flows.registry.resolve import Registry
from tests.flows.diff.repos import commit, git

GREET = "prompts/greet.prompt.md"


def prompt(version: str | None = "1.0.0", text: str = "Say hello.", head: str = "") -> str:
    """A prompt of a version, with more keys of frontmatter in `head`."""
    numbered = f"version: {version}\n" if version is not None else ""
    return f"---\n{numbered}model: openai/gpt-4o-mini\n{head}---\n{text}\n"


def versions(folder: Path, *all_of_them: str, path: str = GREET) -> None:
    """Commits a prompt in several versions, each with a text of its own."""
    for version in all_of_them:
        commit(folder, {path: prompt(version, f"Say hello {version} times.")}, version)


def tag(folder: Path, version: str, name: str = "greet") -> None:
    """Tags the commit that is checked out."""
    git(folder, "tag", "--annotate", f"--message={version}", f"prompt/{name}@{version}")


def partial_clone(folder: Path, clone: Path) -> Path:
    """A clone that has no content but what is checked out, and whose remote is away."""
    git(folder, "config", "uploadpack.allowFilter", "true")
    git(folder, "clone", "--quiet", "--filter=blob:none", folder.as_uri(), str(clone))
    git(clone, "remote", "set-url", "origin", (clone / "nowhere").as_uri())
    return clone


def registry(folder: Path) -> Registry:
    """The registry of a project."""
    return Registry(load_config(folder, environ={}))


def resolved(folder: Path, wanted: str) -> tuple[str | None, str]:
    """The version that is found and what it says, which is from the right commit or not."""
    found = registry(folder).resolve(wanted)
    return found.version, found.file.text.partition("---\n")[2].partition("---\n")[2].strip()
