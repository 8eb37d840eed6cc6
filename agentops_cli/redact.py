"""Takes keys and personal data out of anything that leaves the process: the one choke point."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING
from urllib.parse import quote

from agentops_cli.model.json import Json
from agentops_cli.model.tool import ToolCall
from agentops_cli.patterns import (
    MARK,
    PII,
    SECRETS,
    Hit,
    disjoint,
    find,
    is_dummy,
    is_plain,
    marked,
    marks,
)

if TYPE_CHECKING:
    # Whoever only hides texts has none of them.
    from agentops_cli.model.call import Completion, Fault
    from agentops_cli.model.result import TrialResult

_SHORTEST_SECRET = 8

# A run of this many characters of a secret is a part of it worth hiding.
_FRAGMENT = 8

# What lies deeper in a trace is neither kept nor read; people look no deeper.
_DEEPEST_TRACE = 100

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:API_?KEY|KEY|TOKEN|PAT|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?)(?:_|$)"
)


class Redact:
    """Replaces secrets and personal data by marks such as `[redacted:email]`.

    It knows the values that it is given, also when they are escaped as JSON or for a URL, and
    everything in `agentops_cli.patterns`; without `personal`, personal data stays. Doing it again
    changes nothing.
    """

    def __init__(self, secrets: Iterable[str] = (), *, personal: bool = True) -> None:
        self._personal = personal
        self._patterns = (*SECRETS, *PII) if personal else SECRETS
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
            text = marked(text, hits)
        return text

    def spares(self, text: str) -> bool:
        """True when there is surely nothing to replace in a text, nor in any part of it."""
        plain = is_plain(text, personal=self._personal)
        return plain and not any(map(text.__contains__, self._known))

    def hits(self, text: str) -> tuple[Hit, ...]:
        """What would be replaced, in reading order."""
        if self.spares(text):
            return ()  # As nearly always.
        known = [hit for value in self._known if value in text for hit in _all(value, text)]
        formed = find(text, self._patterns)
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


def redact_trial(result: "TrialResult", redact: Redact) -> "TrialResult":
    """A trial that may leave the process: all that was said, called and told of it is redacted.

    Ids and tags are the author's own and stay. A reason quotes a part of what was said. A part of a
    secret has lost the prefix it is known by, so every fragment of what is hidden is hidden in the
    reasons too.
    """
    if result.tried is not None:
        result = replace(result, tried=redact_trial(result.tried, redact))
    texts = [*_texts(result)]
    if redact.spares("\n".join(texts)) or not any(map(redact.hits, texts)):
        return result  # As nearly always; nothing is copied then.
    hidden = _hidden(_said(result), redact)
    return replace(
        result,
        completion=redact_completion(result.completion, redact) if result.completion else None,
        turns=tuple(
            replace(
                turn,
                input=redact(turn.input),
                completion=redact_completion(turn.completion, redact),
            )
            for turn in result.turns
        ),
        verdicts=tuple(
            replace(verdict, reason=redact(_without(verdict.reason, hidden)))
            for verdict in result.verdicts
        ),
        fault=_fault(result.fault, redact),
    )


class RedactQuotes:
    """Redacts what quotes parts of some texts: of what is hidden in those, no fragment is left.

    A part of a secret has lost the form that it is known by.
    """

    def __init__(self, redact: Redact, texts: Iterable[str]) -> None:
        self._redact = redact
        self._hidden = _hidden(texts, redact)

    def __call__(self, text: str, /) -> str:
        """The text with its marks."""
        return self._redact(_without(text, self._hidden))


def redact_json(value: Json, redact: Callable[[str], str]) -> Json:
    """The value with marks in its keys, its texts, and in place of numbers: a card is one.

    A number that JSON does not have, such as infinity, is kept as its text.
    """
    return _trace(value, redact, depth=0)


def _texts(result: "TrialResult") -> Iterator[str]:
    """Every text of a trial that comes from outside."""
    yield from _said(result)
    yield from (verdict.reason for verdict in result.verdicts)
    if result.fault:
        yield result.fault.message
        yield result.fault.fix or ""


def _said(result: "TrialResult") -> Iterator[str]:
    """Every text that the user or the subject gave."""
    yield from (turn.input for turn in result.turns)
    completions = [turn.completion for turn in result.turns]
    if result.completion:
        completions.append(result.completion)
    for completion in completions:
        yield completion.text
        yield from completion.said
        if completion.failure is not None:
            yield completion.failure
        for call in completion.tool_calls:
            yield from (call.id, call.name, call.arguments)
        if completion.trace is not None:
            yield from _leaves(completion.trace)


def _leaves(value: Json) -> Iterator[str]:
    """Every key, text and number of a JSON value, however deep it is nested."""
    rest = [value]
    while rest:
        part = rest.pop()
        if isinstance(part, dict):
            yield from part
            rest += part.values()
        elif isinstance(part, list):
            rest += part
        else:
            yield str(part)


def redact_completion(completion: "Completion", redact: Redact) -> "Completion":
    """An answer that may leave the process."""
    return replace(
        completion,
        text=redact(completion.text),
        said=tuple(map(redact, completion.said)),
        failure=None if completion.failure is None else redact(completion.failure),
        trace=redact_json(completion.trace, redact),
        tool_calls=tuple(
            ToolCall(
                id=redact(call.id),
                name=redact(call.name),
                arguments=_arguments(call.arguments, redact),
            )
            for call in completion.tool_calls
        ),
    )


# A text of JSON, or a mark with what is left of the number around it.
_MARK_OR_TEXT = re.compile(rf'"(?:[^"\\]|\\.)*"|[-+.\w]*({MARK.pattern})[-+.\w]*')


def _arguments(text: str, redact: Redact) -> str:
    """Arguments with marks. Where they are JSON they stay so: a mark for a number is a text."""
    shown = redact(text)
    if shown == text or not _is_json(text) or _is_json(shown):
        return shown
    return _MARK_OR_TEXT.sub(lambda found: f'"{found[1]}"' if found[1] else found[0], shown)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _trace(value: Json, redact: Callable[[str], str], *, depth: int) -> Json:
    if depth > _DEEPEST_TRACE:
        return "(nested too deeply to be kept)"
    if isinstance(value, dict):
        return {redact(key): _trace(part, redact, depth=depth + 1) for key, part in value.items()}
    if isinstance(value, list):
        return [_trace(part, redact, depth=depth + 1) for part in value]
    text = str(value)
    redacted = redact(text)
    is_kept = redacted == text and (not isinstance(value, float) or isfinite(value))
    return value if is_kept else redacted


def _fault(fault: "Fault | None", redact: Redact) -> "Fault | None":
    if fault is None:
        return None
    fix = None if fault.fix is None else redact(fault.fix)
    return replace(fault, message=redact(fault.message), fix=fix)


def _hidden(said: Iterable[str], redact: Redact) -> tuple[tuple[str, str], ...]:
    """Kind and value of everything in some texts that redaction hides."""
    return tuple(
        dict.fromkeys(
            (hit.kind, text[hit.start : hit.end]) for text in said for hit in redact.hits(text)
        )
    )


def _without(reason: str, hidden: Iterable[tuple[str, str]]) -> str:
    """The reason with marks in place of all fragments of the hidden values."""
    hits = [hit for kind, value in hidden for hit in _fragments(reason, value, kind)]
    return marked(reason, disjoint([*marks(reason), *hits])) if hits else reason


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
