"""Findings that are known and gate nothing: a file that is committed beside the prompts.

An entry is a rule, a file and the text of a line, never the number of one, so that lines may move.
Of the text only a digest is kept, for it may hold what nobody should read twice. It has no salt: it
stands beside the prompt, or its history, that has the line itself, so that nobody learns more from
it. A file is the same byte for byte whenever the findings are the same.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from agentops_cli.errors import InputError
from agentops_cli.lint.finding import LintFinding
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location
from agentops_cli.rules.linter.stale_baseline_entry import Stale

SCHEMA: Final = 1

_Key: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """How many findings are known of each path, rule and line, and where the file says so."""

    path: str
    counts: Mapping[_Key, int]
    lines: Mapping[_Key, int]

    def known(self, found: Iterable[LintFinding]) -> tuple[list[LintFinding], list[LintFinding]]:
        """The findings that are new, and those that are known; the first ones are the known."""
        left = Counter(self.counts)
        new: list[LintFinding] = []
        known: list[LintFinding] = []
        for each in found:
            key = _key(each)
            (known if left[key] > 0 else new).append(each)
            left[key] -= 1
        return new, known

    def stale(
        self,
        found: Iterable[LintFinding],
        *,
        codes: Collection[str],
        is_seen: Callable[[str], bool],
    ) -> Iterator[Stale]:
        """The entries that cover less than they say, of the rules that ran and files seen."""
        there = Counter(_key(each) for each in found)
        for key, count in self.counts.items():
            path, code, _ = key
            surplus = count - there[key]
            if surplus > 0 and code in codes and is_seen(path):
                place = Location(path=self.path, line=self.lines[key], column=1)
                yield Stale(code=code, path=path, place=place, surplus=surplus)

    def kept(self, *, codes: Collection[str], is_seen: Callable[[str], bool]) -> dict[_Key, int]:
        """The entries of rules that did not run, and of files that nobody looked at."""
        return {
            key: count
            for key, count in self.counts.items()
            if not (key[1] in codes and is_seen(key[0]))
        }


def read_baseline(text: str, *, path: str) -> Baseline:
    """Reads what `baseline_text` wrote; raises `InputError` for anything else."""
    try:
        data = json.loads(text)
        entries = [_entry(each) for each in data["findings"]]
        if data["schema"] != SCHEMA:
            raise _bad(path, f"the baseline has schema {data['schema']!r}, not {SCHEMA}")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _bad(path, "this is no baseline of the linter") from error
    first = text.count("\n", 0, max(text.find("[") + 1, 0)) + 2
    return Baseline(
        path=path,
        counts=dict(entries),
        lines={key: first + index for index, (key, _) in enumerate(entries)},
    )


def baseline_text(found: Iterable[LintFinding], kept: Mapping[_Key, int] | None = None) -> str:
    """The baseline of findings, beside the entries that are kept: an entry a line, sorted."""
    counts = Counter(_key(each) for each in found)
    counts.update(kept or {})
    entries = [
        json.dumps({"path": path, "rule": code, "line": line, "count": count})
        for (path, code, line), count in sorted(counts.items())
    ]
    body = ",\n    ".join(entries)
    listed = f"[\n    {body}\n  ]" if entries else "[]"
    return f'{{\n  "schema": {SCHEMA},\n  "findings": {listed}\n}}\n'


def _key(found: LintFinding) -> _Key:
    return found.place.path, found.rule.code, found.line_digest


def _entry(data: Any) -> tuple[_Key, int]:
    path, code, line, count = data["path"], data["rule"], data["line"], data["count"]
    if not all(isinstance(each, str) for each in (path, code, line)):
        raise TypeError
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise TypeError
    return (path, code, line), count


def _bad(path: str, message: str) -> InputError:
    fix = "write it anew with --write-baseline, and look at what changed"
    finding = Finding(rule="bad-baseline", message=message, location=Location(path=path), fix=fix)
    return InputError([finding])
