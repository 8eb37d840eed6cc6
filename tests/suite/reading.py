"""Reads suites from text and a table of files, as the tests of this folder want them."""

import io
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from textwrap import dedent
from typing import Literal

from agentops_cli.assertions import BUILTIN
from agentops_cli.errors import InputError, UnreadableError
from agentops_cli.metrics import BUILTIN as METRICS
from agentops_cli.model.finding import Finding
from agentops_cli.model.judge import Judge
from agentops_cli.model.suite import Suite
from agentops_cli.ports import AssertionType, MetricType, Source
from agentops_cli.registry import Registry
from agentops_cli.suite.read import SuiteContext, read_suite
from agentops_cli.template import Limits, Templates


class Files:
    """A tree of files in memory."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def read(self, path: str) -> str:
        if path not in self._files:
            raise UnreadableError(f"{path} does not exist")
        return self._files[path]

    def lines(self, path: str, *, newline: Literal["", "\n"]) -> Iterator[str]:
        yield from io.StringIO(self.read(path), newline=newline)

    def glob(self, pattern: str) -> tuple[str, ...]:
        return tuple(sorted(path for path in self._files if fnmatchcase(path, pattern)))


def read(
    text: str,
    files: Mapping[str, str] | None = None,
    *,
    repeat: int | None = None,
    repeat_auto: bool = False,
    judge: Judge | None = None,
) -> Suite:
    """The suite `evals/s.yaml` with this text, beside these files; `judge` is the configured."""
    context = a_context(Files(files or {}))
    context = replace(context, repeat=repeat, repeat_auto=repeat_auto, judge=judge)
    return read_suite(dedent(text).lstrip(), path="evals/s.yaml", context=context)


def a_context(source: Source) -> SuiteContext:
    """What reading a suite needs, with the files of a source."""
    kinds: Registry[AssertionType] = Registry("agentops.assertions", BUILTIN, noun="assertion")
    metrics: Registry[MetricType] = Registry("agentops.metrics", METRICS, noun="metric")
    return SuiteContext(
        source=source,
        kinds=kinds,
        metrics=metrics,
        templates=Templates(limits=Limits(), clock=time.monotonic),
    )


def mistakes(text: str, files: Mapping[str, str] | None = None) -> list[Finding]:
    """Every finding of a suite that is wrong, by itself or for want of a schema of the output."""
    try:
        return list(read(text, files).unasserted)
    except InputError as error:
        return list(error.findings)


def shown(findings: list[Finding]) -> list[str]:
    """`line:column rule` of each finding."""
    return [
        f"{f.location.line}:{f.location.column} {f.rule}" if f.location else f.rule
        for f in findings
    ]
