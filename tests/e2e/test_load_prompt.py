"""A program of its own loads prompts, with the wheel installed as whoever uses it installs it."""

import json
import subprocess
import sys
import sysconfig
import venv
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.flows.diff.repos import git, new_repo, write
from tests.flows.registry.repos import prompt, tag, versions

ROOT = Path(__file__).parents[2]

PROGRAM = """\
import json
from agentops_cli import load_prompt

asked = load_prompt("greet@^1.2")
shipped = load_prompt("greet@^1.2", package="my_app")
for found in (asked, shipped):
    messages = found.render(input="I am Ada.")
    print(json.dumps([found.name, found.version, found.model, dict(found.sampling), messages]))

"""

MODULES = "import sys, json, agentops_cli; print(json.dumps([agentops_cli.__file__, *sys.modules]))"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment that has our wheel, built just now, and one more."""
    folder = tmp_path_factory.mktemp("wheel")
    # Where the builder is at hand nothing is fetched for it.
    at_hand = ["--no-build-isolation"] if find_spec("hatchling") else []
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    built = ["wheel", "--no-deps", *at_hand, f"--wheel-dir={folder}", str(ROOT)]
    subprocess.run([*pip, *built], check=True)
    (wheel,) = folder.glob("agentops_cli-*.whl")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    interpreter = folder / "venv" / "bin" / "python"
    install = [f"--python={interpreter}", "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([*pip, *install], check=True)
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    # What we depend on is where the tests have it.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    for version in ("1.2.0", "1.2.7", "2.0.0", "1.9.0-rc.1"):
        text = prompt(version, f"Shipped {version}.", "name: greet\ntemperature: 0.2\n")
        write(site / "my_app", f"prompts/greet-{version}.prompt.md", text)
    (site / "my_app" / "__init__.py").touch()
    return interpreter


def test_the_wheel_is_what_is_tested(python: Path, tmp_path: Path) -> None:
    file, *modules = json.loads(_output(python, MODULES, tmp_path))
    assert Path(file).is_relative_to(python.parents[1])
    assert not {"yaml", "jinja2", "dataclasses", "typing"} & set(modules)


def test_a_program_of_ten_lines_has_a_range_from_tags_and_from_a_package(
    python: Path, tmp_path: Path
) -> None:
    repo = new_repo(tmp_path / "repo")
    versions(repo, "1.2.0", "1.2.1", "2.0.0")
    tag(repo, "2.0.0")
    git(repo, "checkout", "--quiet", "HEAD~1")
    tag(repo, "1.2.1")
    git(repo, "checkout", "--quiet", "main")
    # It is in the range, and has no tag.
    versions(repo, "1.5.0")
    assert len(PROGRAM.splitlines()) <= 10
    asked, shipped = map(json.loads, _output(python, PROGRAM, repo).splitlines())
    assert asked == [
        "greet",
        "1.2.1",
        "openai/gpt-4o-mini",
        {},
        [
            {"role": "system", "content": "Say hello 1.2.1 times."},
            {"role": "user", "content": "I am Ada."},
        ],
    ]
    assert shipped[1:4] == ["1.2.7", "openai/gpt-4o-mini", {"temperature": 0.2}]
    assert shipped[4][0] == {"role": "system", "content": "Shipped 1.2.7."}


def _output(python: Path, program: str, folder: Path) -> str:
    # The tests' own path to our sources is none of the program's.
    done = subprocess.run(
        [python, "-I", "-c", program], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout
