"""Builds assertions from what an author wrote, and applies what is common to all kinds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from agentops_cli.assertions.broken import BrokenCheck, construct, told
from agentops_cli.assertions.excerpt import shortened
from agentops_cli.assertions.forbidding import forbids_text, may_forbid_hidden
from agentops_cli.assertions.verdict import CannotTell
from agentops_cli.model.call import Ask, Completion, Evidence, Finish, Verdict
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.patterns import marks
from agentops_cli.ports import Assertion, AssertionType
from agentops_cli.registry import Registry

_LONGEST_REASON = 1_000
_REDACTED = CannotTell(
    "what is forbidden may be what redaction took out of the recorded answer; "
    "ask live, or assert noPii or noSecrets"
)


def build(spec: AssertionSpec, kinds: Registry[AssertionType]) -> Assertion:
    """The assertion of a spec whose arguments fit the schema of its kind.

    `not` and `advisory` are applied here and nowhere else. Raises `InputError` for arguments that
    only the kind itself can refuse, `PluginError` for a kind that there is not.
    """
    kind = kinds.get(spec.kind, location=spec.location)
    return _Built(spec=spec, inner=construct(kind, spec))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Built:
    """An assertion that abstains by itself, turned round if it was negated.

    Whatever else it does than judge is raised as `BrokenCheck`.
    """

    spec: AssertionSpec
    inner: Assertion

    def __str__(self) -> str:
        return repr(self.spec.kind)

    def check(self, evidence: Evidence) -> Verdict | Ask:
        """What the assertion says of the answer, as the suite meant it.

        What it forbids, it forbids in what was said before the tools were called too. It abstains
        where that may be what a recording hides.
        """
        answer = self._told(lambda: self.inner.check(evidence))
        if not forbids_text(self.spec):
            return answer
        opinions = [answer, *(self._told_before(one) for one in _texts_before(evidence))]
        worst_first = (one for passed in (False, None) for one in opinions if _is(one, passed))
        worst = next(worst_first, None)
        if worst is None and may_forbid_hidden(self.spec) and _is_redacted(evidence.completion):
            return self._abstain(_REDACTED)
        return worst or answer

    def _told_before(self, evidence: Evidence) -> Verdict | Ask:
        opinion = self._told(lambda: self.inner.check(evidence))
        if isinstance(opinion, Ask):
            return opinion
        reason = f"before the tools were called: {opinion.reason}"
        return replace(opinion, reason=shortened(reason, _LONGEST_REASON))

    def _told(self, opinion: Callable[[], Verdict | Ask]) -> Verdict | Ask:
        """An opinion as the suite meant it; each further question is wrapped in turn."""
        try:
            result = opinion()
        except (CannotTell, TimeoutError) as why:
            return self._abstain(why)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # sys.exit(0) of a plugin must not end the run, as a pass.
            raise BrokenCheck(f"raised {told(error, self.inner)}") from error
        if isinstance(result, Verdict):
            return self._finish(result)
        if not isinstance(result, Ask):  # No type checker need have seen a plugin.
            raise BrokenCheck(f"returned {result!r:.80}, which is neither Verdict nor Ask")

        def settle(completion: Completion) -> Verdict | Ask:
            return self._told(lambda: result.settle(completion))

        return replace(result, settle=settle, spec=self.spec)

    def _abstain(self, why: Exception) -> Verdict:
        reason = f"cannot tell: {why}"
        return self._finish(Verdict(kind=self.spec.kind, passed=None, reason=reason, score=0.0))

    def _finish(self, verdict: Verdict) -> Verdict:
        passed, score, reason = verdict.passed, verdict.score, verdict.reason
        if problem := _problem(verdict):
            raise BrokenCheck(f"returned a verdict {problem}")
        # Not knowing is not knowing the opposite either.
        if self.spec.negated and passed is not None:
            passed, score, reason = not passed, 1.0 - score, f"not: {reason}"
        return Verdict(
            kind=self.spec.kind,
            passed=passed,
            # Those of plugins too: a reason is one line that a terminal does not obey.
            reason=shortened(reason, _LONGEST_REASON),
            score=score,
            advisory=self.spec.advisory,
            location=self.spec.location,
            unsure=verdict.unsure,
        )


def _problem(verdict: Verdict) -> str | None:
    """What is wrong with a verdict, as a clause; plugins need not have seen a type checker."""
    passed: object = verdict.passed
    score: object = verdict.score
    reason: object = verdict.reason
    if not isinstance(passed, bool | None):
        return f"whose 'passed' is {passed!r:.80}, which is neither True, False nor None"
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        return f"whose score is {score!r:.80}, which is no number from 0 to 1"
    if not isinstance(reason, str) or not reason.strip():
        return "that gives no reason"
    return None


def _is_redacted(completion: Completion) -> bool:
    """True for a recorded answer out of which redaction took something."""
    return completion.cached and any(map(marks, (completion.text, *completion.said)))


def _texts_before(evidence: Evidence) -> Iterator[Evidence]:
    """Each text that came with tool calls, as an answer that is nothing but that text."""
    completion = evidence.completion
    for text in completion.said:
        alone = replace(completion, text=text, finish=Finish.TOOL, tool_calls=(), said=())
        yield replace(evidence, completion=alone)


def _is(opinion: Verdict | Ask, passed: bool | None) -> bool:  # noqa: FBT001 - a verdict's own
    return isinstance(opinion, Verdict) and opinion.passed is passed
