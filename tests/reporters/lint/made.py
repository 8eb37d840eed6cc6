"""Reports of the linter, made of a text and of what is said of it."""

import io
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from agentops_cli.errors import ExitCode
from agentops_cli.lint.finding import LintFinding
from agentops_cli.lint.outcome import LintRun
from agentops_cli.lint.run import RuleCrashError, found_by
from agentops_cli.model.finding import Severity
from agentops_cli.prompt.formats import read_bytes
from agentops_cli.prompt.source import Span
from agentops_cli.redact import Redact
from agentops_cli.reporters.lint import FORMATS
from agentops_cli.reporters.lint.report import LintReport, report_of
from agentops_cli.rules.rule import Edit, Hit
from agentops_cli.rules.table import BY_CODE

PATH = "prompts/a.prompt.md"
KEY = "sk-proj-" + "Zk3vR8qLw2Xn5Bt7Yc1Md4Fg6Hj9Ks0P"
HOSTILE = (
    "\x1b[31m\u202e<b>&amp;|`` ```` ]]> ::error::x ##[error]y %0A,: @team #1"
    " [[ATTACHMENT|/x]]\t\x00"
)


def a_finding(
    text: str,
    about: str = "",
    *,
    code: str = "PF010",
    message: str = "it is wrong",
    fix: str = "mend it",
    path: str = PATH,
    severity: Severity | None = None,
    mended: str | None = None,
) -> LintFinding:
    """A finding about the first place where the text says `about`."""
    start = text.index(about)
    span = Span(start=start, end=start + len(about))
    edits = () if mended is None else (Edit(start=span.start, end=span.end, text=mended),)
    hit = Hit(
        at=span,
        message=message,
        fix=fix,
        severity=severity,
        edits=edits,
        safety="safe" if edits else None,
    )
    file = read_bytes(text.encode("utf-8", "surrogateescape"), path=path, is_declared=True)
    [found] = found_by(BY_CODE[code], [hit], file)
    return found


def a_report(
    texts: str | Mapping[str, str] = "",
    *found: LintFinding,
    code: ExitCode = ExitCode.REJECTED,
    fail_on: Severity = Severity.ERROR,
    crashes: tuple[RuleCrashError, ...] = (),
    **more: Any,
) -> LintReport:
    """The report of findings about texts by their paths, or about one text."""
    by_path = {PATH: texts} if isinstance(texts, str) else texts
    rules = tuple(BY_CODE[rule] for rule in ("PF001", "PF010", "PS007"))
    run = LintRun(findings=found, files=3, rules=rules, crashes=crashes, **more)
    return report_of(
        run,
        code=code,
        fail_on=fail_on,
        redact=Redact(["hunter2-of-the-shop"], personal=False),
        text_of=by_path.get,
        shown=str,
    )


def a_hostile_report() -> LintReport:
    """A report in which everything that others write is hostile, in three severities."""
    path = f"prompts/{HOSTILE}é\udcff.prompt.md"
    text = f"one {HOSTILE}\ntwo\n"
    return a_report(
        {path: text},
        *(
            a_finding(
                text, "one", message=HOSTILE, fix=HOSTILE, path=path, severity=each, mended=HOSTILE
            )
            for each in Severity
        ),
        suppressed=(a_finding(text, "two", path=path),),
        known=(a_finding(text, "two", path=path),),
        notes=(HOSTILE,),
        missing={"history": HOSTILE},
        crashes=(RuleCrashError(BY_CODE["PF001"], path, ValueError(HOSTILE)),),
        code=ExitCode.INTERNAL,
    )


def written(output: str, report: LintReport) -> str:
    """The report in a format."""
    module, _, name = FORMATS[output].partition(":")
    stream = io.StringIO()
    getattr(import_module(module), name)(report, stream)
    return stream.getvalue()
