"""How often each rule speaks on real prompt files: a rule that often does is not a default one.

    python -m benchmarks.corpus FOLDER [--profile P] [--declared] [--most N] [--list CODE]

Every file below the folder is linted, whatever it is called, as `agentops prompt lint FILE …` does
it; what needs git, suites or owners has nothing to say there. Of each folder right below it, which
is a package, at most N files are taken, the same ones each time, so that none outweighs the rest.
"""

import argparse
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from agentops_cli.config import load_config
from agentops_cli.flows.lint.flow import lint
from agentops_cli.flows.lint.options import LintOptions
from agentops_cli.lint.finding import LintFinding
from agentops_cli.lint.outcome import LintRun
from agentops_cli.prompt.formats import read_bytes


def main() -> None:
    """Prints the table, or the findings of one rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--profile", choices=("default", "strict", "all"), default="default")
    parser.add_argument("--declared", action="store_true", help="as if all were configured")
    parser.add_argument("--most", type=int, default=40, help="files of one package at most")
    parser.add_argument("--list", default="", help="print the findings of this rule or family")
    parser.add_argument("--tsv", type=Path, help="write every finding to this file")
    given = parser.parse_args()
    root = given.folder.resolve()
    paths = sampled(root, given.most)
    config = load_config(root, environ={}, overrides={})
    if given.declared:
        config = replace(config, prompts=("**/*",))
    today = date.today()  # noqa: DTZ011 # A date of this machine is as good as any.
    run = lint(config, LintOptions(paths=tuple(paths), today=today, profile=given.profile))
    if given.tsv:
        given.tsv.write_text("".join(map(_row, run.findings)), encoding="utf-8")
    if given.list:
        chosen = (each for each in run.findings if each.rule.code.startswith(given.list))
        print("".join(map(_row, chosen)), end="")
        return
    _print(run, root, paths)


def sampled(root: Path, most: int) -> list[str]:
    """The files to lint: of each package those whose paths have the least digests."""
    packages: dict[str, list[str]] = defaultdict(list)
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            name = path.relative_to(root).as_posix()
            packages[name.split("/", maxsplit=1)[0]].append(name)
    return sorted(name for names in packages.values() for name in sorted(names, key=_digest)[:most])


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()


def _print(run: LintRun, root: Path, paths: Sequence[str]) -> None:
    kinds = Counter(read_bytes((root / path).read_bytes(), path=path).kind for path in paths)
    packages = {path.split("/", maxsplit=1)[0] for path in paths}
    print(f"{len(paths)} files of {len(packages)} packages")
    print(", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    print(f"{len(run.findings)} findings in {_files(run.findings)} files\n")
    print(f"{'rule':<40} {'profile':<8} {'files':>5} {'share':>7} {'packages':>8} {'findings':>8}")
    by_rule: dict[str, list[LintFinding]] = {}
    for each in run.findings:
        by_rule.setdefault(each.rule.code, []).append(each)
    for rule in run.rules:
        found = by_rule.get(rule.code)
        if found:
            name = f"{rule.code} {rule.name}"
            of = {each.place.path.split("/", maxsplit=1)[0] for each in found}
            files = _files(found)
            share = f"{files / len(paths):.1%}"
            print(
                f"{name:<40} {rule.profile:<8} {files:>5} {share:>7} {len(of):>8} {len(found):>8}"
            )
    silent = [rule.code for rule in run.rules if rule.code not in by_rule]
    print(f"\nsilent: {' '.join(silent)}")
    for part, why in run.missing.items():
        print(f"not run for want of {part}: {why}")
    for code, count in Counter(crash.rule.code for crash in run.crashes).items():
        first = next(crash for crash in run.crashes if crash.rule.code == code)
        print(f"CRASHED {count} times: {first}")


def _files(found: Iterable[LintFinding]) -> int:
    return len({each.place.path for each in found})


def _row(found: LintFinding) -> str:
    place = found.place
    cells = (found.rule.code, f"{place.path}:{place.line}", found.finding.message, found.line[:200])
    return "\t".join(json.dumps(cell, ensure_ascii=False)[1:-1] for cell in cells) + "\n"


if __name__ == "__main__":
    main()
