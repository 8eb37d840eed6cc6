"""Real repositories for tests of a diff."""

import subprocess
from pathlib import Path

from agentops_cli.config import load_config
from agentops_cli.diff.values import DiffReport, Pair
from agentops_cli.flows.diff.flow import DiffOptions, diff

HELLO = """---
version: 1.0.0
model: openai/gpt-4o-mini
---
You greet whoever comes in.
Say hello to them.
Be brief.
"""
BYE = HELLO.replace("Say hello", "Say good bye").replace("1.0.0", "1.1.0")
OTHER = """---
version: 3.0.0
model: openai/gpt-4o
---
Sort the ticket.
Answer with its label alone.
There are bugs, questions and praise.
"""
A = "prompts/a.prompt.md"
B = "prompts/b.prompt.md"


def git(folder: Path, *args: str) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *who, *args], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def new_repo(folder: Path, *how: str) -> Path:
    """A repository without a commit."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main", *how)
    return folder


def write(folder: Path, path: str, text: str | bytes) -> None:
    where = folder / path
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_bytes(text if isinstance(text, bytes) else text.encode())


def commit(folder: Path, files: dict[str, str | bytes], message: str = "x") -> str:
    for path, text in files.items():
        write(folder, path, text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", f"--message={message}")
    return git(folder, "rev-parse", "HEAD")


def run(folder: Path, *refs: str, **options: object) -> DiffReport:
    """The diff of a project, as the command line asks for it."""
    config = load_config(folder, environ={})
    return diff(config, DiffOptions(refs=refs, **options))  # type: ignore[arg-type] # As named.


def told(report: DiffReport) -> list[tuple[str, str]]:
    """What happened to which file."""
    return sorted((each.pair.status, each.pair.file.path) for each in report.prompts)


def ways(report: DiffReport) -> list[tuple[str | None, str | None]]:
    """The paths of each prompt on both sides."""
    return sorted((_paths(each.pair) for each in report.prompts), key=str)


def _paths(pair: Pair) -> tuple[str | None, str | None]:
    before, after = pair.before, pair.after
    return before.path if before else None, after.path if after else None
