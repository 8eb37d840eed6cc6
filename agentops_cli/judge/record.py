"""What a check found, committed beside the judge file: `judges/<name>.checked.json`.

A run reads it to know whether this very judge was checked, and how it did. Figures in it are for
people: they are worked out again from the counts, so that editing one changes nothing, or, of `n`,
makes the record one that no check can have written.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from agentops_cli.judge.agreement import LABELS, OPINIONS, Agreement
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import JsonObject
from agentops_cli.model.judge import JudgeFile
from agentops_cli.model.place import Location

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRecord:
    """One check of one judge.

    `digest` is the judge file's at that time. `served_models` are what the provider says it served,
    which may change behind one model id. `endpoint` tells apart where it was asked.
    """

    digest: str
    model: str
    endpoint: str | None
    served_models: Sequence[str]
    min_kappa: float
    agreement: Agreement
    checked_on: date


def record_path(judge_path: str) -> str:
    """Where the record of a judge file is kept."""
    return PurePosixPath(judge_path).with_suffix(".checked.json").as_posix()


def endpoint_of(base_url: str | None) -> str | None:
    """The sha256 of a base URL, which may be nobody else's business; None for a provider's own."""
    if base_url is None:
        return None
    address = base_url.strip().rstrip("/")
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()


def record_text(record: CheckRecord) -> str:
    """The record as a file: the same check on the same day gives the same bytes."""
    agreement = record.agreement
    shape: JsonObject = {
        "schema": SCHEMA,
        "checkedOn": record.checked_on.isoformat(),
        "digest": record.digest,
        "model": record.model,
        "endpoint": record.endpoint,
        "servedModels": [*sorted(record.served_models)],
        **figures(agreement, record.min_kappa),
    }
    return f"{json.dumps(shape, indent=2, ensure_ascii=False)}\n"


def figures(agreement: Agreement, min_kappa: float) -> JsonObject:
    """The agreement in numbers, rounded to what they can tell."""
    interval = agreement.kappa_interval
    return {
        "passed": agreement.falls_short(min_kappa) is None,
        "minKappa": min_kappa,
        "kappa": _rounded(agreement.kappa),
        "kappaInterval": None if interval is None else [_rounded(end) for end in interval],
        "accuracy": _rounded(agreement.accuracy),
        "accuracyInterval": [_rounded(end) for end in agreement.accuracy_interval],
        "n": agreement.n,
        "labelled": {
            label: {opinion: agreement.count(label, opinion) for opinion in OPINIONS}
            for label in LABELS
        },
    }


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 4)


class BrokenRecordError(Exception):
    """A record that cannot be read; the message says why, as a clause."""


def read_record(text: str) -> CheckRecord:
    """Reads a record; raises `BrokenRecordError` for what no check can have written."""
    try:
        data: Any = json.loads(text)
        if data["schema"] != SCHEMA:
            raise BrokenRecordError(f"its schema is {data['schema']!r}, and {SCHEMA} is read here")
        agreement = _agreement(data["labelled"])
        if data["n"] != agreement.n:
            raise BrokenRecordError(
                f"its n is {data['n']!r}, and {agreement.n} answers are counted in it"
            )
        return CheckRecord(
            digest=str(data["digest"]),
            model=str(data["model"]),
            endpoint=_text_or_none(data["endpoint"]),
            served_models=tuple(map(str, data["servedModels"])),
            min_kappa=float(data["minKappa"]),
            agreement=agreement,
            checked_on=date.fromisoformat(data["checkedOn"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BrokenRecordError("it is not what a check writes") from error


def _text_or_none(value: object) -> str | None:
    if not isinstance(value, str | None):
        raise TypeError("neither text nor null")
    return value


def _agreement(labelled: Mapping[str, Mapping[str, int]]) -> Agreement:
    counts = {
        (label, opinion): labelled[label][opinion] for label in LABELS for opinion in OPINIONS
    }
    if not all(type(count) is int and count >= 0 for count in counts.values()):
        raise ValueError("counts are whole numbers from 0")
    return Agreement(counts=counts)


def why_unchecked(file: JudgeFile, text: str | None) -> Finding | None:
    """What forbids a judge file to judge, by its record; None when nothing does.

    The judge has the base URL that it is to be asked at. `text` is the record's, None where there
    is none.
    """
    path = file.judge.path or ""
    command = f"agentops judge check {path}"
    if text is None:
        return _refusal(path, "it was never checked on its examples", f"run: {command}")
    again = f"run it again: {command}"
    try:
        record = read_record(text)
    except BrokenRecordError as why:
        return _refusal(path, f"its record {record_path(path)} cannot be read: {why}", again)
    changed = f"it changed since it was checked on {record.checked_on}"
    if record.digest != file.digest:
        return _refusal(path, changed, again)
    if record.endpoint != endpoint_of(file.judge.base_url):
        return _refusal(path, f"{changed}: it was asked at another address then", again)
    if record.agreement.n != len(file.examples):
        problem = f"its record is of {record.agreement.n} answers, it has {len(file.examples)}"
        return _refusal(path, problem, again)
    short = record.agreement.falls_short(file.min_kappa)
    if short is None:
        return None
    fix = f"mend its instructions, take a better model, then run: {command}"
    return _refusal(path, f"it does not agree with its labels: {short}", fix)


def _refusal(path: str, why: str, fix: str) -> Finding:
    problem = f"this judge may not judge: {why}"
    return Finding(
        rule="unchecked-judge", message=problem, location=Location(path=path, line=1), fix=fix
    )
