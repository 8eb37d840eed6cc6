"""How long `load_prompt` takes to import, and its first prompt to load and render, as ratios.

    python -m benchmarks.load [--runs N]

The import against an interpreter that does nothing; the first prompt, from a package, a folder and
a git repository, against importing what no reader of prompts can do without, yaml and jinja2.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import print_ratios, side_by_side

PROMPT = """---
name: greet
version: {}
model: openai/gpt-4o-mini
temperature: 0.2
max_tokens: 300
input: {{schema: {{who: string}}}}
---
You greet whoever comes in.

user:
I am {{{{ who }}}}.
"""

VERSIONS = ("1.1.0", "1.2.0", "2.0.0")


def main() -> None:
    """Prints two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), runs)


def _measure(folder: Path, runs: int) -> None:
    package, repo = folder / "greeting_app", folder / "repo"
    _make_package(package)
    _make_repository(repo)
    nothing, imported = "python -c pass", "import load_prompt"
    timings = side_by_side(
        {nothing: _python("pass"), imported: _python("from agentops_cli import load_prompt")},
        runs=runs,
    )
    print_ratios(timings, base=nothing)
    needed = "import yaml, jinja2"
    loads = {
        "first load, package": "package='greeting_app'",
        "first load, folder": f"folder={str(package / 'prompts')!r}",
        "first load, git": f"repository={str(repo)!r}",
    }
    load = "from agentops_cli import load_prompt; load_prompt('greet@^1', {}).render(who='Ada')"
    commands = {name: _python(load.format(where)) for name, where in loads.items()}
    timings = side_by_side({needed: _python(needed), **commands}, runs=runs, cwd=folder)
    print_ratios(timings, base=needed)


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def _make_package(package: Path) -> None:
    (package / "prompts").mkdir(parents=True)
    (package / "__init__.py").touch()
    for version in VERSIONS:
        (package / "prompts" / f"{version}.prompt.md").write_text(PROMPT.format(version))


def _make_repository(repo: Path) -> None:
    (repo / "prompts").mkdir(parents=True)
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    git = ["git", *who, "-C", str(repo)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    for version in VERSIONS:
        (repo / "prompts" / "greet.prompt.md").write_text(PROMPT.format(version))
        subprocess.run([*git, "add", "--all"], check=True)
        subprocess.run([*git, "commit", "--quiet", f"--message={version}"], check=True)
        subprocess.run([*git, "tag", f"prompt/greet@{version}"], check=True)


if __name__ == "__main__":
    main()
