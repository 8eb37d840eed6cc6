"""A run of the linter, ready to be printed: what is in it may be read by anybody."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from agentops_cli.errors import ExitCode
from agentops_cli.lint.finding import LintFinding
from agentops_cli.lint.outcome import LintRun
from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import Span
from agentops_cli.redact import Redact
from agentops_cli.reporters.lint.source import Excerpt, Source
from agentops_cli.rules.rule import Rule, Safety

TextOf: TypeAlias = Callable[[str], str | None]
"""Gives the text of the file at a path, None where it cannot be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """One edit of a fix; lines and columns count from 1, and the end is not included."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A finding as it is printed. Lines and columns count from 1; the end is not included.

    `fingerprint` is the same while the rule, the path and what the line says are, wherever the line
    moves. `replacements` are the whole of a fix, or there are none. `suppressed` is why it was left
    alone, None where it was not.
    """

    rule: Rule
    severity: Severity
    path: str
    line: int
    column: int
    end: tuple[int, int] | None
    message: str
    fix: str
    fingerprint: str
    excerpt: Excerpt | None = None
    safety: Safety | None = None
    replacements: tuple[Replacement, ...] = ()
    suppressed: str | None = None

    @property
    def place(self) -> str:
        """`path:line:column`, as editors link it."""
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How often a rule spoke, and how often it knew a fix."""

    rule: Rule
    count: int
    fixable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LintReport:
    """What the formats are made of. `code` is what the command exits with.

    `fail_on` is the least severity that makes it a no. Findings that were `suppressed` or are
    `known` to the baseline gate nothing. `crashes` are bugs of ours, for which there is no verdict.
    """

    code: ExitCode
    files: int
    findings: tuple[Item, ...] = ()
    suppressed: tuple[Item, ...] = ()
    known: tuple[Item, ...] = ()
    rules: tuple[Rule, ...] = ()
    fail_on: Severity = Severity.ERROR
    missing: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    crashes: tuple[str, ...] = ()

    @property
    def statistics(self) -> tuple[Count, ...]:
        """How often each rule spoke, the loudest first."""
        counts = Counter(each.rule.code for each in self.findings)
        fixable = Counter(each.rule.code for each in self.findings if each.safety)
        rules = {each.rule.code: each.rule for each in self.findings}
        return tuple(
            Count(rule=rules[code], count=count, fixable=fixable[code])
            for code, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        )


def report_of(
    run: LintRun,
    *,
    code: ExitCode,
    fail_on: Severity,
    redact: Redact,
    text_of: TextOf,
    shown: Callable[[str], str],
) -> LintReport:
    """The report of a run. `shown` gives a path as the reader of the format looks it up."""
    maker = _Maker([*run.findings, *run.suppressed, *run.known], redact, text_of, shown)
    return LintReport(
        code=code,
        files=run.files,
        findings=tuple(map(maker.item, run.findings)),
        suppressed=tuple(map(maker.item, run.suppressed)),
        known=tuple(map(maker.item, run.known)),
        rules=run.rules,
        fail_on=fail_on,
        missing={part: redact(reason) for part, reason in sorted(run.missing.items())},
        notes=tuple(map(redact, run.notes)),
        crashes=tuple(redact(str(crash)) for crash in run.crashes),
    )


class _Maker:
    """Makes items of findings; reads each file once, and those without findings never."""

    def __init__(
        self,
        found: Sequence[LintFinding],
        redact: Redact,
        text_of: TextOf,
        shown: Callable[[str], str],
    ) -> None:
        self._redact = redact
        self._text_of = text_of
        self._shown = shown
        self._sources: dict[str, Source | None] = {}
        self._told: defaultdict[str, list[LintFinding]] = defaultdict(list)
        self._seen: Counter[str] = Counter()
        for each in found:
            if each.rule.finds_secrets:
                self._told[each.place.path].append(each)

    def item(self, found: LintFinding) -> Item:
        """The finding as it may be printed."""
        place, end = found.place, found.end
        source = self._source(place.path)
        item = Item(
            rule=found.rule,
            severity=found.finding.severity,
            path=self._shown(place.path),
            line=place.line or 1,
            column=place.column or 1,
            end=(end.line or 1, end.column or 1) if end else None,
            message=self._redact(found.finding.message),
            fix=self._redact(found.finding.fix or ""),
            fingerprint=self._fingerprint(found, source),
            safety=found.safety,
            suppressed=None if found.suppressed is None else self._redact(found.suppressed),
        )
        if source is None or not self._is_there(found, source):
            return item
        return replace(
            item,
            excerpt=source.excerpt(place, end),
            replacements=tuple(self._replacements(found, source)),
        )

    def _source(self, path: str) -> Source | None:
        if path not in self._sources:
            text = self._text_of(path)
            if text is None:
                self._sources[path] = None
            else:
                plain = Source(text, self._redact)
                told = [*_spans(self._told[path], plain)]
                self._sources[path] = Source(text, self._redact, told) if told else plain
        return self._sources[path]

    def _is_there(self, found: LintFinding, source: Source) -> bool:
        """Whether the text is still the one that was looked at; without a line nobody knows."""
        at = source.offset(found.place)
        if at is None:
            return False
        start = source.text.rfind("\n", 0, at) + 1
        stop = source.text.find("\n", at)
        line = source.text[start : stop if stop >= 0 else None].strip()
        return line == found.line or not found.line

    def _fingerprint(self, found: LintFinding, source: Source | None) -> str:
        # Of a line with a secret in it not even a digest is told: a short one could be guessed.
        line = self._redact(found.line)
        if source and found.line and self._is_there(found, source):
            line = source.line(found.place.line or 1)
        words = " ".join(line.split())
        text = f"{found.rule.code}\0{found.place.path}\0{words}"
        self._seen[text] += 1
        text = f"{text}\0{self._seen[text]}"
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]

    def _replacements(self, found: LintFinding, source: Source) -> Iterator[Replacement]:
        is_hidden = any(
            edit.stored  # Its offsets are of bytes that no reader of ours counts.
            or self._redact(edit.text) != edit.text
            or edit.end > len(source.text)
            for edit in found.edits
        )
        for edit in () if is_hidden else found.edits:
            yield Replacement(
                start=source.place(edit.start), end=source.place(edit.end), text=edit.text
            )


def _spans(found: Iterable[LintFinding], source: Source) -> Iterator[Span]:
    for each in found:
        start = source.offset(each.place)
        end = source.offset(each.end) if each.end else None
        if start is not None and end is not None and start < end:
            yield Span(start=start, end=end)
