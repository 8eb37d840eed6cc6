"""What keys and personal data look like, for whoever removes them or complains of them.

A secret is known by the prefix its issuer gives it, so that prose is not taken for a key; personal
data by its form and, where there is one, its check digits. Placeholders and what belongs to no one
are left alone: `sk-xxxx`, `YOUR_KEY`, `AKIAIOSFODNN7EXAMPLE`, the reserved domains of RFC 2606,
role addresses (`support@…`), toll-free and 555 numbers, the card numbers that processors publish
for testing. Telephone numbers are seen with a leading `+` or in the North American 3-3-4 form;
national forms of other countries look like any other digits.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

MARK = re.compile(r"\[redacted:([a-z][a-z0-9-]*)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Something found, from `start` up to `end` in characters."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One form that a secret or a piece of personal data has.

    Every match holds `hint`, so a text without it is not searched; without a hint it holds a run
    of digits. `keep` gives the part of a match that counts, empty where it is only a placeholder.
    """

    kind: str
    source: str
    hint: str | None
    keep: Callable[[str], str]


def find(text: str, patterns: Iterable[Pattern]) -> tuple[Hit, ...]:
    """Everything that one of the patterns finds, in reading order, no two overlapping.

    Where two patterns claim the same characters, the earlier pattern has them.
    """
    has_digits = _DIGITS.search(text) is not None
    hits: list[Hit] = []
    for pattern in patterns:
        if has_digits if pattern.hint is None else pattern.hint in text:
            hits.extend(_matches(text, pattern))
    return disjoint(hits) if hits else ()


def disjoint(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """The hits in reading order, without those that overlap one given before them."""
    given = tuple(hits)
    taken = bytearray(max((hit.end for hit in given), default=0))
    kept: list[Hit] = []
    for hit in given:
        if taken.find(1, hit.start, hit.end) < 0:
            taken[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
            kept.append(hit)
    return tuple(sorted(kept, key=lambda hit: hit.start))


def marks(text: str) -> tuple[Hit, ...]:
    """The marks that redaction left in a text."""
    return tuple(
        Hit(kind=match[1], start=match.start(), end=match.end()) for match in MARK.finditer(text)
    )


def is_placeholder(value: str) -> bool:
    """True for what documentation writes in place of a key.

    The words are long enough that a random key of 40 characters holds one of them by accident
    about once in a hundred thousand.
    """
    lowered = value.lower()
    return len(set(lowered)) < 6 or any(word in lowered for word in _PLACEHOLDERS)


def _matches(text: str, pattern: Pattern) -> Iterator[Hit]:
    # `re` keeps compiled patterns; most are never needed, so none is compiled at import.
    for match in re.finditer(pattern.source, text):
        kept = pattern.keep(match.group())
        if kept:
            yield Hit(kind=pattern.kind, start=match.start(), end=match.start() + len(kept))


# Eight digits with at most two separators between neighbours: all numbers of PII hold such a run.
_DIGITS = re.compile(r"\d(?:[ .()/-]{0,2}\d){7}")

_PLACEHOLDERS = (
    *("xxxxx", "*****", "....", "<", "{", "$"),
    *("your_", "your-", "yourkey", "yourapi", "yourtoken", "yoursecret"),
    *("example", "placeholder", "redacted", "changeme", "dummy", "insert-", "insert_"),
    *("0123456789", "1234567890", "abcdefgh"),
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _key(value: str) -> str:
    return "" if is_placeholder(value) else value


def _mixed_key(value: str) -> str:
    """A key without an issuer's own prefix: words joined by hyphens are not one."""
    has_digit = any(character.isdigit() for character in value)
    return _key(value) if has_digit and any(map(str.isalpha, value[3:])) else ""


def _private_key(value: str) -> str:
    body = re.sub(r"-----[A-Z ]+-----|\\[nr]|[^A-Za-z0-9+/=]", "", value)
    return "" if len(body) < 40 or is_placeholder(body) else value


def _whole(value: str) -> str:
    return value


def _login(value: str) -> str:
    """User and password of a URL."""
    password = value.partition(":")[2].lower()
    known = {"pass", "password", "passwd", "pwd", "secret", "token", "user"}
    return "" if password in known or is_placeholder(f"{value}------") else value


def _email(value: str) -> str:
    local, _, domain = value.lower().rpartition("@")
    ending = domain.rpartition(".")[2]
    if ending in _RESERVED_ENDINGS or ending in _FILE_ENDINGS:
        return ""
    if domain in _RESERVED_DOMAINS or domain.endswith(_RESERVED_PARENTS):
        return ""
    return "" if local in _NOBODY else value


def _phone(value: str) -> str:
    digits = "".join(filter(str.isdigit, value))
    if digits.startswith("1") and len(digits) == 11:
        digits = digits[1:]
    elif value.startswith("+"):
        # Round figures ("+20 000 000 users") are no telephone numbers.
        proper = 8 <= len(digits) <= 15 and not digits.startswith("1") and digits[-3:] != "000"
        return value if proper else ""
    area, exchange = digits[:3], digits[3:6]
    if area[0] in "01" or exchange[0] in "01" or "555" in (area, exchange) or area in _TOLL_FREE:
        return ""
    return value


def _iban(value: str) -> str:
    """The IBAN at the start of a match, which may run on into the next word (ISO 13616)."""
    places = [at for at, character in enumerate(value) if character != " "]
    length = _IBAN_LENGTHS.get(value[:2], 0)
    if not 0 < length <= len(places):
        return ""
    kept = value[: places[length - 1] + 1]
    compact = kept.replace(" ", "")
    number = int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4]))
    return kept if number % 97 == 1 else ""


def _card(value: str) -> str:
    digits = "".join(filter(str.isdigit, value))
    if len(digits) not in (14, 15, 16, 19) or digits[0] not in "23456" or digits in _TEST_CARDS:
        return ""
    return value if _passes_luhn(digits) else ""


def _passes_luhn(digits: str) -> bool:
    total = 0
    for index, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + index % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _ssn(value: str) -> str:
    return "" if value in _FAMOUS_SSNS else value


# Longer prefixes stand before the shorter ones that they begin with. A common hint is searched for
# as a literal, which is fast, with the look-behind after it.
SECRETS = (
    Pattern(
        kind="private-key",
        hint="PRIVATE KEY",
        # A key inside of JSON has its line ends as two characters; one that was cut off has no end.
        source=r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?:(?!-----)[\s\S]){0,20000}-----END [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----"
        r"|(?:(?:\s|\\[nr])*[A-Za-z0-9+/=]{16,})*)",
        keep=_private_key,
    ),
    Pattern(kind="anthropic-key", hint="sk-ant-", source=r"sk-ant-[\w-]{20,}", keep=_key),
    Pattern(kind="openrouter-key", hint="sk-or-", source=r"sk-or-(?:v1-)?[\w-]{32,}", keep=_key),
    Pattern(
        kind="langfuse-key",
        hint="-lf-",
        source=r"\b[sp]k-lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        keep=_key,
    ),
    Pattern(
        kind="openai-key",
        hint="sk-",
        source=r"sk-(?<![\w-]sk-)(?:proj|svcacct|admin|None)-[\w-]{20,}",
        keep=_key,
    ),
    Pattern(kind="api-key", hint="sk-", source=r"sk-(?<![\w-]sk-)[\w-]{20,}", keep=_mixed_key),
    Pattern(kind="google-key", hint="AIza", source=r"\bAIza[\w-]{35}(?![\w-])", keep=_key),
    Pattern(kind="google-oauth", hint="GOCSPX-", source=r"\bGOCSPX-[\w-]{20,}", keep=_key),
    Pattern(kind="google-oauth", hint="ya29.", source=r"\bya29\.[\w-]{20,}", keep=_key),
    Pattern(kind="huggingface-token", hint="hf_", source=r"\bhf_[A-Za-z0-9]{30,}", keep=_key),
    Pattern(kind="aws-access-key", hint="AKIA", source=r"\bAKIA[A-Z0-9]{16}\b", keep=_key),
    Pattern(kind="aws-access-key", hint="ASIA", source=r"\bASIA[A-Z0-9]{16}\b", keep=_key),
    Pattern(
        kind="aws-secret-key",
        hint="ecret",
        source=r"(?i:(?<=aws_secret_access_key=)|(?<=aws_secret_access_key = )"
        r"|(?<=secretaccesskey\": \")|(?<=secretaccesskey\":\"))[A-Za-z0-9/+]{40}(?![\w/+])",
        keep=_key,
    ),
    Pattern(kind="github-token", hint="github_pat_", source=r"\bgithub_pat_\w{22,}", keep=_key),
    Pattern(
        kind="github-token",
        hint="gh",
        source=r"gh[opsur]_(?<!\wgh\w_)[A-Za-z0-9]{36,}",
        keep=_key,
    ),
    Pattern(kind="gitlab-token", hint="glpat-", source=r"\bglpat-[\w.-]{20,}", keep=_key),
    Pattern(kind="slack-token", hint="xox", source=r"\bxox[abeoprs]-[\w-]{10,}", keep=_key),
    Pattern(kind="slack-token", hint="xapp-", source=r"\bxapp-\d-[\w-]{10,}", keep=_key),
    Pattern(
        kind="slack-webhook",
        hint="hooks.slack.com",
        source=r"(?<=hooks\.slack\.com/services/)T\w+/B\w+/\w{16,}",
        keep=_key,
    ),
    Pattern(kind="groq-key", hint="gsk_", source=r"\bgsk_[A-Za-z0-9]{40,}", keep=_key),
    Pattern(kind="xai-key", hint="xai-", source=r"\bxai-[A-Za-z0-9]{40,}", keep=_key),
    Pattern(kind="perplexity-key", hint="pplx-", source=r"\bpplx-[A-Za-z0-9]{40,}", keep=_key),
    Pattern(kind="replicate-token", hint="r8_", source=r"\br8_[A-Za-z0-9]{36,}", keep=_key),
    Pattern(kind="nvidia-key", hint="nvapi-", source=r"\bnvapi-[\w-]{40,}", keep=_key),
    Pattern(kind="cerebras-key", hint="csk-", source=r"\bcsk-[a-z0-9]{40,}", keep=_key),
    Pattern(kind="together-key", hint="tgp_v1_", source=r"\btgp_v1_[\w-]{20,}", keep=_key),
    Pattern(kind="pinecone-key", hint="pcsk_", source=r"\bpcsk_\w{40,}", keep=_key),
    Pattern(
        kind="langsmith-key", hint="lsv2_", source=r"\blsv2_(?:pt|sk)_[0-9a-f]{32}_\w+", keep=_key
    ),
    Pattern(kind="stripe-key", hint="k_live_", source=r"\b[rs]k_live_\w{16,}", keep=_key),
    Pattern(kind="stripe-key", hint="k_test_", source=r"\b[rs]k_test_\w{16,}", keep=_key),
    Pattern(kind="sendgrid-key", hint="SG.", source=r"\bSG\.[\w-]{16,}\.[\w-]{16,}", keep=_key),
    Pattern(kind="npm-token", hint="npm_", source=r"\bnpm_[A-Za-z0-9]{36}\b", keep=_key),
    Pattern(kind="pypi-token", hint="pypi-", source=r"\bpypi-[\w-]{50,}", keep=_key),
    Pattern(kind="digitalocean-token", hint="_v1_", source=r"\bdo[opr]_v1_[0-9a-f]{64}", keep=_key),
    Pattern(kind="databricks-token", hint="dapi", source=r"\bdapi[0-9a-f]{32}", keep=_key),
    Pattern(kind="telegram-token", hint=":AA", source=r"\b\d{8,10}:AA[\w-]{33}", keep=_key),
    Pattern(
        kind="azure-key",
        hint="AccountKey=",
        source=r"(?<=AccountKey=)[A-Za-z0-9+/]{60,}={0,2}",
        keep=_key,
    ),
    Pattern(
        kind="jwt",
        hint="eyJ",
        source=r"eyJ(?<![\w-]eyJ)[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}",
        keep=_whole,
    ),
    Pattern(
        kind="bearer-token",
        hint="earer ",
        source=r"(?<=[Bb]earer )[A-Za-z0-9._~+/-]{20,}=*",
        keep=_mixed_key,
    ),
    Pattern(
        kind="url-credentials",
        hint="://",
        source=r"(?<=://)[^\s/:@\"'<>\[\]{}]{1,100}:[^\s/:@\"'<>\[\]{}]{1,200}(?=@)",
        keep=_login,
    ),
)

PII = (
    Pattern(
        kind="email",
        hint="@",
        source=r"(?<![\w.%+-])[\w.%+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w@])",
        keep=_email,
    ),
    Pattern(
        kind="iban",
        hint=None,
        source=r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}",
        keep=_iban,
    ),
    Pattern(
        kind="card",
        hint=None,
        # Digits in the groups that are printed on cards: 4-6-4, 4-6-5, 4-4-4-4 and 4-4-4-4-3.
        source=r"(?<![\w.-])(?:\d{4}([ -]?)\d{6}\1\d{4,5}"
        r"|\d{4}([ -]?)\d{4}\2\d{4}\2\d{4}(?:\2\d{3})?)(?![\w-]|\.\d)",
        keep=_card,
    ),
    Pattern(
        kind="ssn",
        hint=None,
        source=r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])",
        keep=_ssn,
    ),
    Pattern(
        kind="phone",
        hint=None,
        source=r"(?<![\w+])\+[1-9](?:[ .()/-]{0,2}\d){7,14}(?![\w-])",
        keep=_phone,
    ),
    Pattern(
        kind="phone",
        hint=None,
        source=r"(?<![\w.+/-])(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-]|\.\d)",
        keep=_phone,
    ),
)

_RESERVED_ENDINGS = frozenset({"example", "invalid", "localhost", "test"})
_RESERVED_DOMAINS = frozenset({"example.com", "example.net", "example.org", "domain.com"})
_RESERVED_PARENTS = (".example.com", ".example.net", ".example.org")
_FILE_ENDINGS = frozenset({"gif", "jpeg", "jpg", "png", "svg", "webp"})  # logo@2x.png

# Local parts that name a role or a placeholder, not a person.
_NOBODY = _words(
    "abuse accounts admin billing careers contact customerservice email enquiries feedback git "
    "hello help helpdesk hr info jobs legal mail marketing name no-reply noreply office orders "
    "postmaster press privacy root sales security service someone support team user username "
    "webmaster you your-email your.email your_email youremail"
)

_TOLL_FREE = frozenset({"800", "833", "844", "855", "866", "877", "888"})

# Published by card processors for tests.
_TEST_CARDS = _words(
    "4111111111111111 4242424242424242 4000056655665556 4012888888881881 4000000000000002 "
    "5555555555554444 5105105105105100 2223003122003222 5200828282828210 378282246310005 "
    "371449635398431 6011111111111117 6011000990139424 3056930009020004 30569309025904 "
    "3566002020360505 6200000000000005"
)

# Printed in advertisements or used in every example.
_FAMOUS_SSNS = frozenset({"078-05-1120", "123-45-6789", "219-09-9999"})

# Characters of an IBAN by country, from the registry of ISO 13616.
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FO GL NL",
        19: "MK SI",
        20: "AT BA EE KZ LT LU XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
