"""What the command line asks of a diff."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffOptions:
    """Which two states are compared, and which prompts of them.

    `refs` are as typed: none, `A`, `A B`, `A..B` or `A...B`; each may be a prompt's `name@1.2.0` or
    `name@{REF}`. Without a second one it is the working tree, or what is `staged`. Without any it
    is the commit where the branch left the `base_branch` that CI names, or else the default one.
    `paths` are as typed in the folder `cwd`, the project's root when None; without any, the prompts
    are those that the configuration names. `render` is the id of a case to show as the model would
    see it.
    """

    refs: tuple[str, ...] = ()
    staged: bool = False
    paths: tuple[str, ...] = ()
    cwd: Path | None = None
    base_branch: str | None = None
    render: str | None = None
    allow_empty: bool = False
