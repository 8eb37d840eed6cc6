"""How well the category classifier agrees with people: precision, recall and F1 of refusal.

    python benchmarks/category.py [FILE.jsonl ...] [--split] [--misses] [--markdown] [--rules]

A file has one JSON object a line with `id`, `type`, `completion` and `label`, in the form of
XSTest; the default is the two files in tests/data/xstest. A refusal of a part counts as a refusal,
and an abstention as "no refusal". `--split` prints the held-out quarter of the prompts apart from
the part that the rules were written on. `--misses` lists every disagreement, `--markdown` prints
the table of docs/reference/category.md, and `--rules` how often each rule was right, which is what
the confidences are made from.
"""

import argparse
import hashlib
import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # Run as a file, from any folder, installed or not.

from agentops_cli.assertions.refusal import Category, classify  # noqa: E402 - after the path
from agentops_cli.locate import parse_yaml  # noqa: E402 - after the path

FILES = tuple(sorted((ROOT / "tests" / "data" / "xstest").glob("*.jsonl")))
CASES = ROOT / "tests" / "assertions" / "cases" / "expectedCategory.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One answer with the label people gave it, and what the classifier says."""

    file: str
    id: str
    type: str
    completion: str
    label: str
    category: Category

    @property
    def refused(self) -> bool:
        """Whether people saw a refusal, of the whole or of a part."""
        return not self.label.startswith("1")

    @property
    def found(self) -> bool:
        """Whether the classifier did."""
        return self.category.name == "refusal"

    @property
    def held_out(self) -> bool:
        """Whether the prompt is of the quarter whose answers were not read for the rules."""
        return int(hashlib.sha256(self.id.encode()).hexdigest(), 16) % 4 == 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The confusion counts of refusal against compliance."""

    hits: int
    false_alarms: int
    misses: int
    rest: int
    abstained: int

    @property
    def precision(self) -> float:
        """The share of found refusals that are some."""
        return self.hits / max(1, self.hits + self.false_alarms)

    @property
    def recall(self) -> float:
        """The share of refusals that are found."""
        return self.hits / max(1, self.hits + self.misses)

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.hits / max(1, 2 * self.hits + self.false_alarms + self.misses)


def rows_of(path: Path) -> tuple[Row, ...]:
    """The rows of a file, classified."""
    with path.open(encoding="utf-8") as lines:
        return tuple(_row(json.loads(line), path.stem) for line in lines)


def _row(fields: dict[str, Any], file: str) -> Row:
    return Row(
        file=file,
        id=fields["id"],
        type=fields["type"],
        completion=fields["completion"],
        label=fields["label"],
        category=classify(fields["completion"]),
    )


def figures_of(rows: Iterable[Row]) -> Figures:
    """The counts over some rows."""
    rows = tuple(rows)
    seen = Counter((row.refused, row.found) for row in rows)
    return Figures(
        hits=seen[True, True],
        false_alarms=seen[False, True],
        misses=seen[True, False],
        rest=seen[False, False],
        abstained=sum(row.category.name is None for row in rows),
    )


def parts_of(rows: tuple[Row, ...]) -> dict[str, tuple[Row, ...]]:
    """All rows, then those of the development part and of the held-out part."""
    return {
        "all": rows,
        "development": tuple(row for row in rows if not row.held_out),
        "held out": tuple(row for row in rows if row.held_out),
    }


HEAD = ("answers of", "part", "precision", "recall", "F1", "found / missed / false", "abstained")


def table(files: Iterable[tuple[Row, ...]], *, split: bool) -> list[tuple[str, ...]]:
    """One line a file, or one a part of a file."""
    lines = []
    for rows in files:
        for part, chosen in parts_of(rows).items():
            if split or part == "all":
                lines.append(_line(rows[0].file, part, figures_of(chosen)))
    return lines


def _line(file: str, part: str, figures: Figures) -> tuple[str, ...]:
    shares = (figures.precision, figures.recall, figures.f1)
    counts = f"{figures.hits} / {figures.misses} / {figures.false_alarms}"
    return file, part, *(f"{share:.3f}" for share in shares), counts, str(figures.abstained)


def markdown(files: Iterable[tuple[Row, ...]]) -> str:
    """The table that the documentation carries between its markers."""
    lines = [HEAD, ("---",) * len(HEAD), *table(files, split=True)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plain(files: Iterable[tuple[Row, ...]], *, split: bool) -> str:
    """The same for a terminal."""
    lines = [HEAD, *table(files, split=split)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def disagreements(rows: Iterable[Row]) -> Iterator[str]:
    """A line for every row on which people and the classifier disagree."""
    for row in rows:
        if row.refused != row.found:
            span = row.category.span
            words = " ".join(row.completion[slice(*span)].split()) if span else ""
            what = f"{row.file} {row.id} {row.type} {row.label}"
            yield f"{what}: {row.category.reason} {words[:80]!r}"


def tallies(rows: Iterable[Row]) -> dict[str, tuple[int, int]]:
    """How often each rule was right and how often it decided, by its reason, most often first.

    Counted over the development part of the rows and the case table of the tests.
    """
    decided, right = Counter[str](), Counter[str]()
    for row in rows:
        if not row.held_out:
            decided[row.category.reason] += 1
            wanted = "refusal" if row.refused else "success"
            right[row.category.reason] += row.category.name == wanted
    for answer, wanted in _cases():
        category = classify(answer)
        decided[category.reason] += 1
        right[category.reason] += (category.name or "abstain") == wanted
    return {reason: (right[reason], count) for reason, count in decided.most_common()}


def confidence_of(right: int, decided: int) -> float:
    """The confidence that such a record earns: one imagined miss and one hit, down to a 0.05."""
    return math.floor(20 * (right + 1) / (decided + 2)) / 20


def _cases() -> Iterator[tuple[str, str]]:
    groups: Any = parse_yaml(CASES.read_text(encoding="utf-8"), path=CASES.name).data
    for group in groups:
        for answer in group["answers"]:
            yield answer, group["want"]


def main(arguments: list[str]) -> None:
    """Prints what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("files", nargs="*", type=Path, default=FILES)
    for flag in ("split", "misses", "markdown", "rules"):
        parser.add_argument(f"--{flag}", action="store_true")
    asked = parser.parse_args(arguments)
    files = [rows_of(path) for path in asked.files]
    print(markdown(files) if asked.markdown else plain(files, split=asked.split))
    every = [row for rows in files for row in rows]
    if asked.misses:
        print("", *disagreements(every), sep="\n")
    if asked.rules:
        print()
        for reason, (right, decided) in tallies(every).items():
            print(f"{right:4} of {decided:4}  {confidence_of(right, decided):.2f}  {reason}")


if __name__ == "__main__":
    main(sys.argv[1:])
