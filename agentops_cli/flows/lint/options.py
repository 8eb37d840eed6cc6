"""What the command line asks of the linter."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from agentops_cli.lint.select import Wish
from agentops_cli.model.settings import Tier
from agentops_cli.redact import Redact
from agentops_cli.rules.rule import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class LintOptions:
    """What is linted, with which rules, and what becomes of the findings.

    `paths` are as typed in the folder `cwd`, the project's root when None; without any, those that
    the configuration names. `against` is a ref of git, None for the `base_branch` that CI
    names, or else the default branch; `changed` looks only at files that are not as they were
    there. `profile` and `tier` stand in place of the configured ones, and `wish` comes after them.
    `stdin` is the text of the one file of `paths`, as an editor has it. Without
    `diff`, `fix` writes to the files. `baseline` is a path from `cwd`.
    What `redact` would hide is neither kept nor printed.
    """

    paths: tuple[str, ...] = ()
    cwd: Path | None = None
    against: str | None = None
    base_branch: str | None = None
    changed: bool = False
    today: date
    profile: Profile | None = None
    tier: Tier | None = None
    wish: Wish = Wish()
    stdin: bytes | None = None
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    baseline: str | None = None
    write_baseline: bool = False
    use_cache: bool = False
    redact: Redact = field(default_factory=lambda: Redact(personal=False))
    allow_empty: bool = False
