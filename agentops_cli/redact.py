"""Takes keys and personal data out of anything that leaves the process: the one choke point."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote

from agentops_cli.model.call import Completion, Fault
from agentops_cli.model.result import TrialResult
from agentops_cli.patterns import PII, SECRETS, Hit, disjoint, find, is_dummy, marks

_SHORTEST_SECRET = 8

# A run of this many characters of a secret is a part of it worth hiding.
_FRAGMENT = 8

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:API_?KEY|KEY|TOKEN|PAT|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?)(?:_|$)"
)


class Redact:
    """Replaces secrets and personal data by marks such as `[redacted:email]`.

    It knows the values that it is given, also when they are escaped as JSON or for a URL, and
    everything in `agentops_cli.patterns`. Doing it again changes nothing.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {
            form
            for secret in secrets
            if len(secret) >= _SHORTEST_SECRET
            for form in (secret, json.dumps(secret)[1:-1], quote(secret, safe=""))
        }
        # A secret that holds another one goes as a whole.
        self._known = sorted(known, key=lambda value: (-len(value), value))

    def __call__(self, text: str, /) -> str:
        """The text with its marks; the same object when there is nothing to hide."""
        while hits := self.hits(text):
            # What stood beside a hit may look like another one once the mark is there, so it is
            # searched again; each round leaves fewer characters outside of marks.
            text = _marked(text, hits)
        return text

    def hits(self, text: str) -> tuple[Hit, ...]:
        """What would be replaced, in reading order."""
        known = [hit for value in self._known if value in text for hit in _all(value, text)]
        formed = (*find(text, SECRETS), *find(text, PII))
        if not known and not formed:
            return ()
        done = dict.fromkeys(marks(text))
        return tuple(hit for hit in disjoint([*done, *known, *formed]) if hit not in done)


def secrets_in(environ: Mapping[str, str], named: Iterable[str] = ()) -> tuple[str, ...]:
    """The secret values of an environment: of variables called so, and of those named.

    A value that is short or a dummy is no secret: hiding it would garble the reports of
    whoever runs a local server with `OPENAI_API_KEY=dummy`.
    """
    names = {*named, *(name for name in environ if _SECRET_NAME.search(name.upper()))}
    values = {environ[name].strip() for name in names if name in environ}
    return tuple(
        sorted(value for value in values if len(value) >= _SHORTEST_SECRET and not is_dummy(value))
    )


def redact_trial(result: TrialResult, redact: Redact) -> TrialResult:
    """A trial that may leave the process: answer, tool calls, reasons and fault redacted.

    A reason quotes a part of the answer. A part of a secret has lost the prefix it is known by,
    so every fragment of what is hidden in the answer is hidden in the reasons too.
    """
    if not any(redact.hits(text) for text in _texts(result)):
        return result  # As nearly always; nothing is copied then.
    hidden = _hidden(result.completion, redact)
    return replace(
        result,
        completion=_completion(result.completion, redact),
        verdicts=tuple(
            replace(verdict, reason=redact(_without(verdict.reason, hidden)))
            for verdict in result.verdicts
        ),
        fault=_fault(result.fault, redact),
    )


def _texts(result: TrialResult) -> Iterator[str]:
    """Every text of a trial that comes from outside."""
    if result.completion:
        yield result.completion.text
        yield from (call.arguments for call in result.completion.tool_calls)
    yield from (verdict.reason for verdict in result.verdicts)
    if result.fault:
        yield result.fault.message
        yield result.fault.fix or ""


def _completion(completion: Completion | None, redact: Redact) -> Completion | None:
    if completion is None:
        return None
    calls = tuple(replace(call, arguments=redact(call.arguments)) for call in completion.tool_calls)
    return replace(completion, text=redact(completion.text), tool_calls=calls)


def _fault(fault: Fault | None, redact: Redact) -> Fault | None:
    if fault is None:
        return None
    fix = None if fault.fix is None else redact(fault.fix)
    return replace(fault, message=redact(fault.message), fix=fix)


def _hidden(completion: Completion | None, redact: Redact) -> tuple[tuple[str, str], ...]:
    """Kind and value of everything in an answer that redaction hides."""
    if completion is None:
        return ()
    texts = (completion.text, *(call.arguments for call in completion.tool_calls))
    return tuple(
        dict.fromkeys(
            (hit.kind, text[hit.start : hit.end]) for text in texts for hit in redact.hits(text)
        )
    )


def _without(reason: str, hidden: Iterable[tuple[str, str]]) -> str:
    """The reason with marks in place of all fragments of the hidden values."""
    hits = [hit for kind, value in hidden for hit in _fragments(reason, value, kind)]
    return _marked(reason, disjoint([*marks(reason), *hits])) if hits else reason


def _fragments(reason: str, value: str, kind: str) -> list[Hit]:
    """The longest stretches of the reason that are made of runs of the value."""
    size = min(_FRAGMENT, len(value))
    runs = {value[at : at + size] for at in range(len(value) - size + 1)}
    found: list[Hit] = []
    for at in range(len(reason) - size + 1):
        if reason[at : at + size] not in runs:
            continue
        if found and at <= found[-1].end:
            found[-1] = replace(found[-1], end=at + size)
        else:
            found.append(Hit(kind=kind, start=at, end=at + size))
    return found


def _all(value: str, text: str) -> list[Hit]:
    return [
        Hit(kind="secret", start=match.start(), end=match.end())
        for match in re.finditer(re.escape(value), text)
    ]


def _marked(text: str, hits: Iterable[Hit]) -> str:
    parts: list[str] = []
    at = 0
    for hit in hits:
        parts += (text[at : hit.start], f"[redacted:{hit.kind}]")
        at = hit.end
    return "".join((*parts, text[at:]))
