"""Reports of a diff, made by hand."""

import io
from collections.abc import Sequence
from decimal import Decimal
from importlib import import_module
from typing import Any

from agentops_cli.diff.evaluated import (
    CaseDiff,
    Ending,
    EvalDiff,
    Evaluation,
    ModelDiff,
    Unput,
    Verdict,
)
from agentops_cli.diff.values import (
    DiffReport,
    Entry,
    Graded,
    Line,
    Mark,
    MessageDiff,
    Pair,
    Piece,
    Price,
    PromptDiff,
    Rendered,
    SchemaChange,
    Side,
    Size,
    Versioning,
)
from agentops_cli.errors import ExitCode
from agentops_cli.model.finding import Finding
from agentops_cli.model.money import Cost
from agentops_cli.model.place import Location
from agentops_cli.prompt.change_kinds import KINDS, Bump, Change, Level
from agentops_cli.prompt.formats import read_bytes
from agentops_cli.prompt.source import PromptFile
from agentops_cli.redact import Redact
from agentops_cli.reporters.diff import FORMATS
from agentops_cli.reporters.diff.page import Page, page_of
from agentops_cli.statistics.bootstrap import Shift
from agentops_cli.statistics.paired import Pairs
from agentops_cli.tokens import Tokens

KEY = "sk-proj-" + "Zk3vR8qLw2Xn5Bt7Yc1Md4Fg6Hj9Ks0P"
HOSTILE = (
    "\x1b[31m\u202e\u200b<b>&amp;|`` ```` ~~~ ]]> --> ::error::x ##[error]y %0A,: @team #1 :tada:"
    " [[ATTACHMENT|/x]] [l](https://x.example) ![i](https://x.example/i.png)"
    " $x$ \t\x00\r\u2028\udcff"
)
COMMIT = "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334"


def a_file(text: str = "Say it.\n", path: str = "prompts/a.prompt.md") -> PromptFile:
    """A prompt of the native format."""
    return read_bytes(text.encode("utf-8", "surrogatepass"), path=path, is_declared=True)


def a_line(
    mark: Mark, *pieces: str | tuple[str, Mark], before: int | None = 1, after: int | None = 1
) -> Line:
    """A line of texts that are the same, and of marked ones."""
    made = tuple(
        Piece(text=each) if isinstance(each, str) else Piece(text=each[0], mark=each[1])
        for each in pieces
    )
    if mark in {"removed", "moved-from"}:
        after = None
    if mark in {"added", "moved-to"}:
        before = None
    return Line(before=before, after=after, mark=mark, pieces=made)


def a_message(*lines: Line, role: str | None = "system") -> MessageDiff:
    """A message of which some lines changed."""
    return MessageDiff(role=role, status="changed", lines=lines)


def a_change(
    kind: str = "text", message: str = "a line is another", *, level: Level | None = None
) -> Graded:
    """A change of a class, in line 12 of the later file."""
    place = Location(path="prompts/a.prompt.md", line=12, column=3)
    change = Change(
        kind=KINDS[kind], message=message, was="one", now="other", before=place, after=place
    )
    return Graded(change=change, level=level or KINDS[kind].level)


def a_prompt(
    *changes: Graded,
    name: str = "a",
    before: PromptFile | None = None,
    after: PromptFile | None = None,
    required: Bump | None = Bump.MINOR,
    actual: Bump | None = Bump.MINOR,
    **more: Any,
) -> PromptDiff:
    """What is to say of a prompt that was 1.2.0."""
    if before is None and after is None:
        text = f"---\nname: {name}\n---\nSay it.\n"
        before, after = a_file(text), a_file(text.replace("it", "it aloud"))
    found = changes or (a_change(),)
    is_enough = required is None or (actual is not None and actual >= required)
    return PromptDiff(
        pair=Pair(before=before, after=after),
        level=found[0].level,
        changes=found,
        versioning=Versioning(
            before="1.2.0" if before else None,
            after="1.3.0" if after else None,
            required=required,
            actual=actual,
            is_enough=is_enough,
            needed=None if is_enough else "2.0.0",
        ),
        **more,
    )


def a_report(*prompts: PromptDiff, **more: Any) -> DiffReport:
    """A diff of the main branch and the working tree."""
    return DiffReport(
        before=more.pop("before", Side(name="origin/main", commit=COMMIT)),
        after=more.pop("after", Side(name="the working tree")),
        prompts=prompts,
        looked_at=more.pop("looked_at", 40),
        **more,
    )


def a_page(*prompts: PromptDiff, code: ExitCode = ExitCode.OK, **more: Any) -> Page:
    """The page of a diff."""
    redact = Redact(["hunter2-of-the-shop"], personal=False)
    return page_of(a_report(*prompts, **more), code=code, redact=redact, shown=str)


def a_full_prompt(text: str = "it", *, name: str = "product-manager", lines: int = 1) -> PromptDiff:
    """A prompt of which everything is told, with a foreign text wherever one can be."""
    place = Location(path=f"prompts/{text}.prompt.md", line=7, column=1)
    tokens = Tokens(count=412, is_estimate=True), Tokens(count=438, is_estimate=True)
    sizes = tuple(
        Size(
            by_role={"system": each, "user": Tokens(count=30, is_estimate=True)},
            static=each,
            total=each,
        )
        for each in tokens
    )
    usd = Decimal("1.20"), Decimal("1.44")
    prices = tuple(
        Price(
            model=f"openai/gpt-5.4-mini{text}",
            input_tokens=438,
            static_tokens=412,
            output_tokens=1000,
            input_usd=each,
            output_usd=Decimal("0.30"),
            assumed=(f"the median case of {text}", "max_tokens of output"),
        )
        for each in usd
    )
    message = a_message(
        *(
            a_line("same", f"line {number} {text}", before=number, after=number)
            for number in range(1, 9)
        ),
        *(
            line
            for _ in range(lines)
            for line in (
                a_line("removed", f"Answer {text} in ", ("English", "removed"), " only.", before=9),
                a_line("added", f"Answer {text} in ", ("French", "added"), " only.", after=9),
            )
        ),
        a_line("moved-from", f"This moves {text}.", before=10),
        a_line("same", f"line 11 {text}", before=11, after=10),
        a_line("moved-to", f"This moves {text}.", after=11),
    )
    return a_prompt(
        a_change("input-removed", f"the input {text!r} is gone: {text}"),
        a_change("text", f"a line is another: {text}"),
        a_change("meta", "tags is another"),
        before=a_file(f"---\nname: {name}\n---\nSay {text}.\n", f"prompts/old {text}.prompt.md"),
        after=a_file(f"---\nname: {name}\n---\nSay {text} aloud.\n", f"prompts/{text}.prompt.md"),
        required=Bump.MAJOR,
        entries=(
            Entry(path="temperature", before=0.2, after=0.7, place=place),
            Entry(path=f"metadata.{text}", before=None, after=[text, {text: text}], place=place),
        ),
        schemas=(
            SchemaChange(of="input", path=text, what=f"{text} is required now", level="breaking"),
        ),
        messages=(message,),
        sizes=sizes,
        prices=prices,
        suites=(f"evals/{text}.yaml",),
        owners=("@platform", "@team"),
        rendered=Rendered(case=text, messages=(a_message(a_line("added", text), role="user"),)),
        evaluated=an_eval_diff(text),
    )


def an_eval_diff(text: str = "it", *, verdict: Verdict | None = "worse") -> EvalDiff:
    """What came of both versions on twelve cases of which six broke."""
    place = Location(path=f"evals/{text}.yaml", line=9, column=5)
    endings: tuple[Ending, ...] = ("broken",) * 6 + ("both fail", "not judged", "set aside")
    cases = tuple(
        CaseDiff(
            suite=f"evals/{text}.yaml",
            case=f"c{at} {text}",
            ending=ending,
            why=f"contains: expected {text}",
            place=place,
        )
        for at, ending in enumerate(endings)
    )
    change = Shift(before=412.0, after=438.5, low=20.25, high=31.0, cases=12)
    return EvalDiff(
        models=(
            ModelDiff(
                models=(f"openai/gpt-4o-mini{text}", f"openai/gpt-4o{text}"),
                pairs=Pairs(both_pass=5, broken=6, fixed=0, both_fail=1),
                not_judged=1,
                set_aside=1,
                interval=(-0.73, -0.2),
                p=0.015625,
                sees=0.48,
                verdict=verdict,
                cases=cases,
                tokens=change,
                usd=Shift(before=0.00012, after=0.00013, low=0.0, high=0.00002, cases=12),
                p50_s=Shift(before=0.4, after=0.5, low=-0.1, high=0.3, cases=12),
                p95_s=None,
                trials=26,
                recorded=3,
            ),
        ),
        skipped=(Unput(suite=f"evals/{text}.yaml", case=text, why=f"{text} is not given"),),
        gone=(f"evals/{text}.yaml: old",),
        notes=(f"{text} answers without the prompt",),
    )


def an_evaluation(text: str = "it") -> Evaluation:
    """The run of all versions, which the budget stopped."""
    return Evaluation(
        code=ExitCode.STOPPED,
        trials=26,
        recorded=3,
        cost=Cost(usd=Decimal("0.0123"), unpriced_calls=2),
        budget_usd=Decimal("0.50"),
        problems=(a_problem(text),),
        notes=(f"the budget refused {text}",),
    )


def a_problem(text: str = "it") -> Finding:
    """A file that could not be compared."""
    return Finding(
        rule="invalid-yaml",
        message=f"the frontmatter cannot be read: {text}",
        location=Location(path=f"prompts/{text}.prompt.md", line=3, column=1),
        fix=f"quote {text}",
    )


def a_hostile_page() -> Page:
    """A page in which everything that others write is hostile."""
    return a_page(
        a_full_prompt(HOSTILE, name="hostile"),
        a_full_prompt("harmless"),
        before=Side(name=HOSTILE, commit=COMMIT),
        after=Side(name=HOSTILE),
        problems=(a_problem(HOSTILE),),
        notes=(HOSTILE,),
        evaluation=an_evaluation(HOSTILE),
        code=ExitCode.INPUT,
    )


def written(output: str, page: Page) -> str:
    """The page in a format."""
    module, _, name = FORMATS[output].partition(":")
    stream = io.StringIO()
    getattr(import_module(module), name)(page, stream)
    return stream.getvalue()


def many(count: int) -> Sequence[PromptDiff]:
    """So many prompts that changed a lot."""
    return [a_full_prompt(f"prompt {at}", name=f"prompt-{at}", lines=50) for at in range(count)]
