"""Figures of metrics to reasons why the gate says no."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.metric import Figure, MetricGate, MetricResult

_LEAST_TO_RECOGNISE = 3
"""How often a label or field must be expected before never recognising it is a no by itself."""

_ROUNDING = 1e-9
_MISTAKES = 3
_SLICES = 5
_FIX = "look at the mistakes in the report and mend the prompt, or lower the threshold"
_FIX_SLICE = "look at the rows of the slice and mend the prompt, or set inSlices in the threshold"
_FIX_ABSENT = "add such cases to the slice if it should be judged there"
_FIX_UNJUDGED = "look at the trials without a verdict, then run again"
_FIX_UNASKED = "run the whole suite: what it needs was not selected, or is in quarantine"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricReason:
    """Why a metric says no; `certain` when no trial that is missing could change that."""

    finding: Finding
    certain: bool = False


def metric_reasons(
    results: Sequence[MetricResult], gates: Mapping[str, MetricGate]
) -> Iterator[MetricReason]:
    """Every figure that is not what the gate asks for, in the order of the gate's entries.

    A figure that is not defined, or was not measured at all, is never good enough. In a slice one
    that does not apply is told and gates nothing. A no is certain where trials that are missing
    could not change it: for a mean of F1 there is no simple bound, so that none may be missing.
    """
    for name, gate in gates.items():
        metric, _, figure = name.partition(".")
        measured = [result for result in results if result.name == metric]
        if not measured:
            finding = _finding(gate, f"{name} was not measured", fix=_FIX_UNASKED)
            yield MetricReason(finding=finding)
        for result in measured:
            if result.slice is None:
                yield from _judged(result, figure, gate)
        yield from _in_slices([result for result in measured if result.slice], figure, gate)
    yield from _never_recognised(results, gates)


def _judged(result: MetricResult, name: str, gate: MetricGate) -> Iterator[MetricReason]:
    """Why a figure over all cases is not enough."""
    figure = result.figure(name)
    if figure is None:
        message = f"{_named(result, name)} was not measured"
        yield MetricReason(finding=_finding(gate, message, fix=_FIX_UNASKED))
    elif not _is_enough(figure, gate.least):
        yield _too_low(result, figure, gate, least=gate.least)


def _in_slices(
    results: Sequence[MetricResult], name: str, gate: MetricGate
) -> Iterator[MetricReason]:
    """Why a figure is not enough in slices: the worst by themselves, the others together.

    Slices to which it does not apply are named, so that nobody takes them for good.
    """
    least = gate.in_slices
    if least is None:
        return
    figures = [(result, result.figure(name)) for result in results]
    low = [
        (result, figure) for result, figure in figures if figure and not _is_enough(figure, least)
    ]
    low.sort(key=lambda pair: (pair[1].value or 0.0, -pair[1].n))
    for result, figure in low[:_SLICES]:
        yield _too_low(result, figure, gate, least=least)
    if more := [result for result, _ in low[_SLICES:]]:
        message = f"{name} is below {least:g} in {len(more):,} more slices: {_listed(more)}"
        certain = any(_is_certain(result, figure, least) for result, figure in low[_SLICES:])
        yield MetricReason(finding=_finding(gate, message, fix=_FIX_SLICE), certain=certain)
    if beside := [result for result, figure in figures if figure is None]:
        message = f"{name} is not judged in {_listed(beside)}: no case there expects it"
        finding = replace(_finding(gate, message, fix=_FIX_ABSENT), severity=Severity.WARNING)
        yield MetricReason(finding=finding)


def _is_enough(figure: Figure, least: float) -> bool:
    return figure.value is not None and figure.value >= least - _ROUNDING


def _too_low(
    result: MetricResult, figure: Figure, gate: MetricGate, *, least: float
) -> MetricReason:
    name = figure.name
    message = f"{_named(result, name)} is {_shown(figure, least)}, the gate asks for {least:g}"
    finding = _finding(gate, message + _because(result, name), fix=_fix(result, figure))
    return MetricReason(finding=finding, certain=_is_certain(result, figure, least))


def _fix(result: MetricResult, figure: Figure) -> str:
    """How to mend a figure: its answers, or what kept it from being defined."""
    stem, dot, of = figure.name.partition(".")
    asked = result.figure(f"recall{dot}{of}")
    never_given = stem == "precision" and asked is not None and asked.value is not None
    if figure.value is None and not never_given:
        return _FIX_UNJUDGED if result.unjudged else _FIX_UNASKED
    return _FIX_SLICE if result.slice else _FIX


def _is_certain(result: MetricResult, figure: Figure, least: float) -> bool:
    """True when the figure were too low even if every missing trial had been right.

    A trial adds one observation to the accuracy and at most one to a label's or field's recall.
    """
    if not result.unjudged:
        return True
    stem, dot, _ = figure.name.partition(".")
    bounded = figure.name == "accuracy" or (stem == "recall" and dot)
    if figure.value is None or not bounded:
        return False
    best = (figure.value * figure.n + result.unjudged) / (figure.n + result.unjudged)
    return best < least - _ROUNDING


def _listed(results: Sequence[MetricResult]) -> str:
    """The slices that they are of, each once."""
    return ", ".join(dict.fromkeys(str(result.slice) for result in results))


def _shown(figure: Figure, least: float) -> str:
    """The figure, exact where rounding would make it look like enough."""
    text = str(figure)
    if figure.value is None or float(f"{figure.value:.3f}") < least:
        return text
    return text.replace(f"{figure.value:.3f}", f"{figure.value:.6f}", 1)


def _because(result: MetricResult, name: str) -> str:
    """The mistakes that lower a figure, and how many trials it lacks."""
    stem, _, of = name.partition(".")
    mistakes = [
        mistake.text
        for mistake in result.measures.mistakes
        if not of
        or (stem != "precision" and mistake.expected == of)
        or (stem != "recall" and mistake.given == of)
    ]
    parts = mistakes[:_MISTAKES]
    if result.unjudged:
        trials = "trial" if result.unjudged == 1 else "trials"
        parts.append(f"{result.unjudged:,} {trials} without a verdict")
    return f": {'; '.join(parts)}" if parts else ""


def _never_recognised(
    results: Sequence[MetricResult], gates: Mapping[str, MetricGate]
) -> Iterator[MetricReason]:
    """What is never recognised is a no without a threshold, in all cases or in a slice.

    An entry for its recall takes the place of this, and a no for all cases that of its slices.
    """
    told: set[tuple[str, str, str]] = set()
    for result in sorted(results, key=lambda result: result.slice is not None):
        for figure in result.measures.figures:
            stem, _, of = figure.name.partition(".")
            what = (result.name, result.model, of)
            if stem != "recall" or not of or figure.value != 0 or what in told:
                continue
            if figure.n >= _LEAST_TO_RECOGNISE and f"{result.name}.{figure.name}" not in gates:
                whole = result.slice is None
                told |= {what} if whole else set()
                yield MetricReason(
                    finding=_no_recall(result, figure, of),
                    certain=not result.unjudged,
                )


def _no_recall(result: MetricResult, figure: Figure, of: str) -> Finding:
    message = f"{_named(result, repr(of))} was never recognised: 0 of {figure.n:,}"
    entry = f"{figure.name} with inSlices" if result.slice else figure.name
    return Finding(
        rule="never-recognised",
        message=message + _because(result, figure.name),
        location=result.location,
        fix=f"mend the prompt; to live with it, set {entry} in gate.metrics",
    )


def _named(result: MetricResult, what: str) -> str:
    """`macroF1 of triage in lang:de on openai/gpt-4o-mini`."""
    where = f" in {result.slice}" if result.slice else ""
    return f"{what} of {result.name}{where} on {result.model}"


def _finding(gate: MetricGate, message: str, *, fix: str = _FIX) -> Finding:
    return Finding(rule="metric", message=message, location=gate.location, fix=fix)
