"""The formats of JSON Schema that are checked, and those that could not be.

`jsonschema` skips a format in silence when an optional package is not there, `date-time` and `uri`
among them, and takes any text with an "@" for an address. The forms here are those of RFC 3339
(times and durations), RFC 3986 (URIs) and RFC 1123 (host names).
"""

import re
from collections.abc import Callable
from datetime import datetime, time
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # 60 ms: paid by schemas that are not plain.
    from jsonschema import FormatChecker

UNCHECKED = frozenset(
    {"idn-hostname", "iri", "iri-reference", "json-pointer", "relative-json-pointer"}
    | {"uri-reference", "uri-template"}
)

_FORMS = {
    "duration": re.compile(
        r"P(?=[\dT])(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?"
    ),
    "email": re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)*"),
    "hostname": re.compile(r"(?!.{254})(?:(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!$)|$))+"),
    "idn-email": re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)*"),
    "uri": re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[!#$&-;=?@A-Z\[\]_a-z~]|%[0-9A-Fa-f]{2})*"),
}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")


@cache
def format_checker() -> "FormatChecker":
    """The checks of all formats but `UNCHECKED`; others are annotations and accept anything."""
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=("ipv4", "ipv6", "regex", "uuid"))
    checks: dict[str, Callable[[str], object]] = {
        "date": _is_date,
        "date-time": _is_date_time,
        "time": _is_time,
        **{name: form.fullmatch for name, form in _FORMS.items()},
    }
    for name, check in checks.items():
        checker.checks(name)(_for_texts(check))
    return checker


def _for_texts(check: Callable[[str], object]) -> Callable[[object], bool]:
    """The check of a format, which says nothing about values that are no texts."""
    return lambda value: not isinstance(value, str) or bool(check(value))


def _is_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None and _parses(datetime.fromisoformat, text)


def _is_time(text: str) -> bool:
    match = _TIME.fullmatch(text)
    # Fractions of a second may have more digits than Python keeps.
    return match is not None and _parses(time.fromisoformat, match[1] + match[2].upper())


def _is_date_time(text: str) -> bool:
    return text[10:11] in ("T", "t") and _is_date(text[:10]) and _is_time(text[11:])


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True
