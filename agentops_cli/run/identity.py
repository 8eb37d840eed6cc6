"""What makes a planned case the same one in another process: a digest of all that decides on it.

Two plans with one digest ask the same, judge the same and count the same. Where a file lies and on
which line a case stands are not in it, nor are budgets, timeouts and gates: those may change while
answers stay what they are.
"""

import hashlib

from agentops_cli.model.call import canonical
from agentops_cli.model.json import JsonObject
from agentops_cli.model.judge import Judge
from agentops_cli.model.result import Escalation, PlannedCase
from agentops_cli.model.suite import AssertionSpec, Case, Turn


def digest_of(planned: PlannedCase) -> str:
    """The sha256 of what one case asks, of whom, and how its answers are judged.

    Its place in the plan is left out, so that a case is the same whatever is selected beside it.
    """
    request = planned.request
    tags = request.tags
    shape: JsonObject = {
        "agentTools": list(planned.agent_tools) if planned.agent_tools is not None else None,
        "case": _case_shape(planned.case),
        "escalation": _escalation_shape(planned.escalation) if planned.escalation else None,
        "judge": _judge_shape(planned.judge) if planned.judge else None,
        "model": planned.model,
        "prompt": [tags.prompt, tags.prompt_version] if tags else None,
        "requests": [one.fingerprint() for one in (request, *planned.later)],
        "suite": planned.suite,
    }
    return hashlib.sha256(canonical(shape)).hexdigest()


class PlanDigest:
    """The digest of planned cases together, made one by one in their order."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, planned: PlannedCase) -> None:
        """Takes the next case in."""
        self._hash.update(bytes.fromhex(digest_of(planned)))

    @property
    def value(self) -> str:
        """The sha256 so far."""
        return self._hash.hexdigest()


def _case_shape(case: Case) -> JsonObject:
    """All of a case but places, by name; what a prompt makes of it is in the requests."""
    watched = case.quarantine
    return {
        "assertions": [_spec_shape(spec) for spec in case.assertions],
        "faults": [[fault.target, fault.error, fault.times] for fault in case.faults],
        "id": case.id,
        "input": case.input,
        "maxSteps": case.max_steps,
        "quarantine": [watched.reason, watched.owner, str(watched.until)] if watched else None,
        "references": dict(case.references),
        "repeat": [case.repeat, case.repeat_pass, case.repeat_auto],
        "row": dict(case.row),
        "skip": case.skip,
        "stubs": None if case.stubs is None else dict(case.stubs),
        "tags": [*sorted(case.tags)],
        "ttlTurns": case.ttl_turns,
        "turns": [_turn_shape(turn) for turn in case.turns],
        "vars": dict(case.vars),
        "window": [case.window.turns, case.window.tokens],
        "xfail": case.xfail,
    }


def _escalation_shape(escalation: Escalation) -> JsonObject:
    return {
        "when": [*sorted(escalation.when)],
        "requests": [one.fingerprint() for one in (escalation.request, *escalation.later)],
    }


def _turn_shape(turn: Turn) -> JsonObject:
    return {"vars": dict(turn.vars), "assertions": [_spec_shape(spec) for spec in turn.assertions]}


def _spec_shape(spec: AssertionSpec) -> JsonObject:
    return {
        "advisory": spec.advisory,
        "args": dict(spec.args),
        "kind": spec.kind,
        "negated": spec.negated,
    }


def _judge_shape(judge: Judge) -> JsonObject:
    return {
        "model": judge.model,
        "threshold": judge.threshold,
        "votes": judge.votes,
        "temperature": judge.temperature,
        "maxTokens": judge.max_tokens,
        "instructions": judge.instructions,
        "baseUrl": judge.base_url,
        "weights": judge.weights,
    }
