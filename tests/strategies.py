"""Random values for property tests, hostile ones included."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from agentops_cli.errors import ExitCode
from agentops_cli.model.call import Completion, Fault, FaultKind, Finish, Verdict
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.place import Location
from agentops_cli.model.result import Outcome, TrialResult, TurnResult
from agentops_cli.model.tool import ToolCall
from tests.builders import Evaluation, a_case, a_case_result, a_suite_result, an_evaluation

# What means something to a reader of XML, Markdown, JSON, a terminal or a CI server.
_LOADED = (
    *("]]>", "<![CDATA[", "</testcase>", "&amp;", "<b>", "</details>", "<!--", "-->", '"', "'"),
    *("`", "``", "|", "\\", "*", "_", "~~", "# ", "- ", "1. ", "> ", "[a](b:c)", "![", "$", "---"),
    *("@octocat", "#1", ":tada:", "www.example.com", "https://example.com", "a@example.com"),
    *("\n", "\r\n", "\r", "\t", "    ", "\n\n", "\u2028", "\x85", "\x1b[31m", "\0", "\ud83d"),
    *("[[ATTACHMENT|a]]", "[[PROPERTY|a=b]]", "{{", "}}", "%", "::error::"),
)


def _paired(parts: list[str]) -> str:
    """The parts together; two halves of a character become it, as they do in JSON."""
    return "".join(parts).encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


# Every code point, lone surrogates and control characters too: models do send them.
any_text = st.lists(
    st.sampled_from(_LOADED) | st.characters(exclude_categories=()), max_size=15
).map(_paired)
counts = st.integers(min_value=0, max_value=10**9)
seconds = st.floats(min_value=0, max_value=10**5, allow_nan=False)
dollars = st.decimals(min_value=0, max_value=10**6, allow_nan=False, allow_infinity=False) | (
    st.builds(Decimal, st.sampled_from(["1E-9", "1E+3", "0.10", "0E-7"]))
)
costs = st.builds(Cost, usd=dollars, unpriced_calls=counts, assumed_calls=counts)
usages = st.builds(
    Usage,
    input_tokens=counts,
    output_tokens=counts,
    cached_input_tokens=counts,
    reasoning_tokens=counts,
)
lines = st.none() | st.integers(min_value=1, max_value=10**6)
places = st.builds(Location, path=any_text, line=lines, column=lines)
verdicts = st.builds(
    Verdict,
    kind=any_text,
    passed=st.sampled_from([True, False, None]),
    reason=any_text,
    score=st.floats(min_value=0, max_value=1),
    advisory=st.booleans(),
    location=st.none() | places,
    turn=st.none() | st.integers(min_value=0, max_value=9),
    unsure=st.booleans(),
)
traces = st.recursive(
    st.none() | st.booleans() | st.integers() | seconds | any_text,
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(any_text, parts, max_size=3),
    max_leaves=6,
)
completions = st.builds(
    Completion,
    text=any_text,
    finish=st.sampled_from(Finish),
    model=any_text,
    latency_s=seconds,
    usage=st.none() | usages,
    cost=costs,
    tool_calls=st.lists(
        st.builds(ToolCall, id=any_text, name=any_text, arguments=any_text), max_size=2
    ).map(tuple),
    cached=st.booleans(),
    failure=st.none() | any_text,
    trace=traces,
    stopped_after=st.none() | counts,
    provider_faults=counts,
    said=st.lists(any_text, max_size=2).map(tuple),
    answered_by=st.none() | any_text,
)
turns = st.builds(
    TurnResult,
    input=any_text,
    completion=completions,
    steps=st.integers(min_value=1, max_value=10**9),
    conversation=counts,
)
faults = st.builds(
    Fault,
    kind=st.sampled_from(FaultKind),
    message=any_text,
    fix=st.none() | any_text,
    billed=st.booleans(),
    usd=st.none() | dollars,
    assumed=st.booleans(),
)
cells = st.dictionaries(any_text, st.tuples(st.tuples(any_text, any_text)), max_size=1)
paths = st.sampled_from(["evals/a.yaml", "evals/a.yml", "evals/deep/a.yaml", "/b.yaml"])
_trials = st.builds(
    TrialResult,
    index=st.integers(min_value=0, max_value=1_000_000),
    suite=any_text,
    case_id=any_text,
    model=any_text,
    repeat=counts,
    outcome=st.sampled_from([Outcome.PASSED, Outcome.FAILED, Outcome.ERRORED, Outcome.SKIPPED]),
    completion=st.none() | completions,
    verdicts=st.lists(verdicts, max_size=3).map(tuple),
    judge_cost=costs,
    fault=st.none() | faults,
    turns=st.lists(turns, max_size=2).map(tuple),
    cells=cells,
    tier=st.none() | any_text,
    saved_usd=st.none() | st.builds(Decimal.copy_negate, dollars) | dollars,
)


def _after(trial: TrialResult, tried: TrialResult) -> TrialResult:
    """A trial on the large model of a cascade, after the same one on the small model."""
    whose = {name: getattr(trial, name) for name in ("index", "suite", "case_id", "model")}
    return replace(trial, tried=replace(tried, repeat=trial.repeat, cells={}, **whose))


trials = _trials | st.builds(_after, _trials, _trials)


@st.composite
def evaluations(draw: st.DrawFn) -> Evaluation:
    """Runs of a few suites, any outcome for any case, hostile text wherever a model may put it."""
    suites, of_cases = [], []
    for path in draw(st.lists(paths, max_size=3, unique=True)):
        cases = []
        keys = st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(["m/1", "m/2"]))
        for name, model in draw(st.lists(keys, max_size=4, unique=True)):
            executed = draw(st.lists(trials, max_size=3))
            executed = [replace(trial, repeat=at) for at, trial in enumerate(executed)]
            cases.append(
                a_case_result(
                    executed,
                    case=a_case(id=name, repeat=max(1, len(executed))),
                    model=model,
                    outcome=draw(st.sampled_from(Outcome)),
                    note=draw(st.none() | any_text),
                )
            )
            of_cases.append(executed)
        suites.append(a_suite_result(path=path, cases=tuple(cases)))
    return an_evaluation(*suites, trials=of_cases, exit_code=draw(st.sampled_from(ExitCode)))
