"""Builds assertions from what an author wrote, and applies what is common to all kinds."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from agentops_cli.assertions.excerpt import shortened
from agentops_cli.assertions.verdict import CannotTell
from agentops_cli.model.call import Ask, Completion, Evidence, Verdict
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.ports import Assertion, AssertionType
from agentops_cli.registry import Registry

_LONGEST_REASON = 1_000


def build(spec: AssertionSpec, kinds: Registry[AssertionType]) -> Assertion:
    """The assertion of a spec whose arguments fit the schema of its kind.

    `not` and `advisory` are applied here and nowhere else. Raises `InputError` for arguments that
    only the kind itself can refuse, `PluginError` for a kind that there is not.
    """
    return _Built(spec=spec, inner=kinds.get(spec.kind, location=spec.location)(spec))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Built:
    """An assertion that abstains by itself, turned round if it was negated."""

    spec: AssertionSpec
    inner: Assertion

    def check(self, evidence: Evidence) -> Verdict | Ask:
        """What the assertion says of the answer, as the suite meant it."""
        return self._told(lambda: self.inner.check(evidence))

    def _told(self, opinion: Callable[[], Verdict | Ask]) -> Verdict | Ask:
        """An opinion as the suite meant it; each further question is wrapped in turn."""
        try:
            result = opinion()
        except (CannotTell, TimeoutError) as why:
            return self._abstain(why)
        if isinstance(result, Verdict):
            return self._finish(result)
        if not isinstance(result, Ask):  # No type checker need have seen a plugin.
            raise TypeError(f"it returned {result!r:.80}, which is neither Verdict nor Ask")

        def settle(completion: Completion) -> Verdict | Ask:
            return self._told(lambda: result.settle(completion))

        return replace(result, settle=settle)

    def _abstain(self, why: Exception) -> Verdict:
        reason = f"cannot tell: {why}"
        return self._finish(Verdict(kind=self.spec.kind, passed=None, reason=reason, score=0.0))

    def _finish(self, verdict: Verdict) -> Verdict:
        passed, score, reason = verdict.passed, verdict.score, verdict.reason
        if not isinstance(passed, bool | None):
            raise TypeError(f"passed is {passed!r:.80}, which is neither True, False nor None")
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
        )
