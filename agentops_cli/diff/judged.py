"""What both versions of a prompt made of the same cases, judged."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from agentops_cli.diff.evaluated import (
    ENDINGS,
    CaseAnswers,
    CaseDiff,
    Ending,
    ModelDiff,
    Verdict,
)
from agentops_cli.statistics.bootstrap import mean, quantile, shift
from agentops_cli.statistics.paired import ALPHA, Pairs, change_interval, mid_p, visible_drop


def compared(cases: Iterable[CaseAnswers]) -> tuple[ModelDiff, ...]:
    """The cases judged, those of each model for themselves, in the order in which they come."""
    by_models: dict[tuple[str, str], list[CaseAnswers]] = {}
    for case in cases:
        by_models.setdefault(case.models, []).append(case)
    return tuple(_compared(models, mine) for models, mine in by_models.items())


def _compared(models: tuple[str, str], cases: Sequence[CaseAnswers]) -> ModelDiff:
    endings: dict[Ending, list[CaseAnswers]] = {ending: [] for ending in ENDINGS}
    for case in cases:
        endings[case.ending].append(case)
    pairs = Pairs(
        both_pass=len(endings["both pass"]),
        broken=len(endings["broken"]),
        fixed=len(endings["fixed"]),
        both_fail=len(endings["both fail"]),
    )
    p = mid_p(pairs.broken, pairs.fixed)
    judged = [case for case in cases if case.ending not in {"not judged", "set aside"}]
    latencies_s = [(case.before.latencies_s, case.after.latencies_s) for case in judged]
    return ModelDiff(
        models=models,
        pairs=pairs,
        not_judged=len(endings["not judged"]),
        set_aside=len(endings["set aside"]),
        interval=change_interval(pairs),
        p=p,
        sees=visible_drop(pairs.total),
        verdict=_verdict(pairs, p),
        cases=tuple(
            _told(case) for ending in ENDINGS if ending != "both pass" for case in endings[ending]
        ),
        tokens=shift([(case.before.tokens, case.after.tokens) for case in judged], mean),
        usd=shift([(case.before.usd, case.after.usd) for case in judged], mean),
        p50_s=shift(latencies_s, quantile(0.5)),
        p95_s=shift(latencies_s, quantile(0.95)),
        trials=sum(case.before.trials + case.after.trials for case in cases),
        recorded=sum(case.before.recorded + case.after.recorded for case in cases),
    )


def _verdict(pairs: Pairs, p: float) -> Verdict | None:
    """What the pairs show; cases without a verdict on one side have no say in it."""
    if not pairs.total:
        return None
    if p >= ALPHA:
        return "not shown"
    return "worse" if pairs.broken > pairs.fixed else "better"


_WHOSE: Final[Mapping[Ending, Literal["before", "after"]]] = {
    "broken": "after",
    "fixed": "before",
    "both fail": "after",
}
"""The side whose answer says what failed."""


def _told(case: CaseAnswers) -> CaseDiff:
    before, after = case.before, case.after
    ending = case.ending
    whose = _WHOSE.get(ending)
    if whose is not None:
        told = before if whose == "before" else after
        why, place = told.why, told.place
    else:
        sides = (("before", before), ("after", after))
        reasons = [f"{name}: {side.why}" for name, side in sides if side.why]
        why, place = "; ".join(reasons) or None, after.place or before.place
    return CaseDiff(suite=case.suite, case=case.case, ending=ending, why=why, place=place)
