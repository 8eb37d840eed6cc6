"""What keys and personal data look like, for whoever removes them or complains of them.

A secret is known by the prefix its issuer gives it, so that prose is not taken for a key; personal
data by its form and, where there is one, its check digits. Placeholders and what belongs to no one
are left alone: `sk-xxxx`, `YOUR_KEY`, `AKIAIOSFODNN7EXAMPLE`, the reserved domains of RFC 2606,
role addresses (`support@…`), toll-free and 555 numbers, the card numbers that processors publish
for testing. Telephone numbers are seen with a leading `+` or in the North American 3-3-4 form;
national forms of other countries look like any other digits.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

MARK = re.compile(r"\[redacted:([a-z][a-z0-9-]*)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Something found, from `start` up to `end` in characters."""

    kind: str
    start: int
    end: int


def _key(value: str) -> str:
    return "" if is_placeholder(value) else value


@dataclass(frozen=True, slots=True)
class Pattern:
    """One form that a secret or a piece of personal data has: a row of the tables below.

    Every match holds `hint`, so a text without it is not searched; without a hint it holds a run
    of digits. `keep` gives the part of a match that counts, empty where it is only a placeholder.
    """

    kind: str
    hint: str | None
    source: str
    keep: Callable[[str], str] = _key


def is_plain(text: str, *, personal: bool = True) -> bool:
    """True when a text surely has nothing that a pattern finds, nor has any part of it.

    A text in which something is found is never plain; one that is not may still have nothing.
    Without `personal`, only `SECRETS` count.
    """
    if not personal:
        return not any(map(text.__contains__, _SECRET_HINTS))
    return not any(map(text.__contains__, _HINTS)) and not _has_number(text)


def may_hold(text: str, patterns: Iterable[Pattern]) -> bool:
    """Whether a text has the hint of one of the patterns, of those that have one."""
    return any(pattern.hint is not None and pattern.hint in text for pattern in patterns)


def find(text: str, patterns: Iterable[Pattern]) -> tuple[Hit, ...]:
    """Everything that one of the patterns finds, in reading order, no two overlapping.

    Where two patterns claim the same characters, the earlier pattern has them.
    """
    has_digits = _has_number(text)
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


def marked(text: str, hits: Iterable[Hit]) -> str:
    """The text with a mark in place of each hit; the hits are in reading order and apart."""
    parts: list[str] = []
    at = 0
    for hit in hits:
        parts += (text[at : hit.start], f"[redacted:{hit.kind}]")
        at = hit.end
    return "".join((*parts, text[at:]))


def is_placeholder(value: str) -> bool:
    """True for what documentation writes in place of a key.

    The words are long enough that a random key of 40 characters holds one of them by accident
    about once in a hundred thousand.
    """
    return is_dummy(value) or value.endswith("...") or any(sign in value for sign in _SIGNS)


def is_dummy(value: str) -> bool:
    """True for what is put where a key must be and none is needed: `dummy`, `xxxxxxxx`."""
    lowered = value.lower()
    return len(set(lowered)) < 6 or any(word in lowered for word in _WORDS)


def _matches(text: str, pattern: Pattern) -> Iterator[Hit]:
    # `re` keeps compiled patterns; most are never needed, so none is compiled at import.
    for match in re.finditer(pattern.source, text):
        kept = pattern.keep(match.group())
        if kept:
            yield Hit(kind=pattern.kind, start=match.start(), end=match.start() + len(kept))


# Eight digits with at most two separators between neighbours: all numbers of PII hold such a run.
_DIGITS = re.compile(r"\d(?:[ .()/-]{0,2}+\d){7}")
_ASCII_DIGITS = re.compile(r"[0-9](?:[ .()/-]{0,2}+[0-9]){7}")


def _has_number(text: str) -> bool:
    # Other alphabets have digits too; to look for those as well takes twice as long.
    return (_ASCII_DIGITS if text.isascii() else _DIGITS).search(text) is not None


# Documentation's, but a password may hold any of them too.
_SIGNS = ("....", "<", "{", "$")

_WORDS = (
    *("xxxxx", "*****"),
    *("your_", "your-", "yourkey", "yourapi", "yourtoken", "yoursecret"),
    *("example", "placeholder", "redacted", "changeme", "dummy", "insert-", "insert_"),
    *("test-key", "test_key", "testkey", "fake-", "fake_", "mock-", "mock_", "sample"),
    *("12345", "abcdefgh", "4ec39hqlyjwdarjtt1zdp7dc"),  # The last is Stripe's own example.
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _mixed_key(value: str) -> str:
    """A key without an issuer's own prefix: words joined by hyphens are not one."""
    has_digit = any(character.isdigit() for character in value)
    return _key(value) if has_digit and any(map(str.isalpha, value[3:])) else ""


def _basic(value: str) -> str:
    """User and password in base64 (RFC 7617); words that follow `basic` are none."""
    try:
        login = b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except ValueError:
        return ""
    _, colon, password = login.partition(":")
    return value if colon and password and login.isprintable() and _login(login) else ""


def _private_key(value: str) -> str:
    body = re.sub(r"-----[A-Z ]+-----|\\[nr]|[^A-Za-z0-9+/=]", "", value)
    return "" if len(body) < 40 or is_placeholder(body) else value


def _whole(value: str) -> str:
    return value


def _login(value: str) -> str:
    """User and password of a URL."""
    user, _, password = value.lower().partition(":")
    known = {"pass", "password", "passwd", "pwd", "secret", "token", "user"}
    is_known = password in known or password == user  # As of a database nobody else can reach.
    return "" if is_known or is_placeholder(f"{value}------") else value


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
    if digits.startswith("400000"):  # All that Stripe publishes for tests of Visa begin so.
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
    # A key inside of JSON has its line ends as two characters; one that was cut off has no end.
    Pattern(
        "private-key",
        "PRIVATE KEY",
        r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?:(?!-----)[\s\S]){0,20000}-----END [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----"
        r"|(?:(?:\s|\\[nr])*[A-Za-z0-9+/=]{16,})*)",
        _private_key,
    ),
    Pattern("anthropic-key", "sk-ant-", r"sk-ant-[\w-]{20,}"),
    Pattern("openrouter-key", "sk-or-", r"sk-or-(?:v1-)?[\w-]{32,}"),
    Pattern("langfuse-key", "-lf-", r"\b[sp]k-lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    Pattern("openai-key", "sk-", r"sk-(?<![\w-]sk-)(?:proj|svcacct|admin|None)-[\w-]{20,}"),
    Pattern("api-key", "sk-", r"sk-(?<![\w-]sk-)[\w-]{20,}", _mixed_key),
    Pattern("google-key", "AIza", r"\bAIza[\w-]{35}(?![\w-])"),
    Pattern("google-oauth", "GOCSPX-", r"\bGOCSPX-[\w-]{20,}"),
    Pattern("google-oauth", "ya29.", r"\bya29\.[\w-]{20,}"),
    Pattern("huggingface-token", "hf_", r"\bhf_[A-Za-z0-9]{30,}"),
    Pattern("aws-access-key", "AKIA", r"\bAKIA[A-Z0-9]{16}\b"),
    Pattern("aws-access-key", "ASIA", r"\bASIA[A-Z0-9]{16}\b"),
    Pattern(
        "aws-secret-key",
        "ecret",
        r"(?i:(?<=aws_secret_access_key=)|(?<=aws_secret_access_key = )"
        r"|(?<=secretaccesskey\": \")|(?<=secretaccesskey\":\"))[A-Za-z0-9/+]{40}(?![\w/+])",
    ),
    Pattern("github-token", "github_pat_", r"\bgithub_pat_\w{22,}"),
    # A hint for each, since `gh` alone is in many words.
    *(
        Pattern("github-token", f"gh{kind}_", rf"(?<!\w)gh{kind}_[A-Za-z0-9]{{36,}}")
        for kind in "opsur"
    ),
    Pattern("gitlab-token", "glpat-", r"\bglpat-[\w.-]{20,}"),
    Pattern("slack-token", "xox", r"\bxox[abeoprs]-[\w-]{10,}"),
    Pattern("slack-token", "xapp-", r"\bxapp-\d-[\w-]{10,}"),
    Pattern(
        "slack-webhook", "hooks.slack.com", r"(?<=hooks\.slack\.com/services/)T\w+/B\w+/\w{16,}"
    ),
    Pattern("groq-key", "gsk_", r"\bgsk_[A-Za-z0-9]{40,}"),
    Pattern("xai-key", "xai-", r"\bxai-[A-Za-z0-9]{40,}"),
    Pattern("perplexity-key", "pplx-", r"\bpplx-[A-Za-z0-9]{40,}"),
    Pattern("replicate-token", "r8_", r"\br8_[A-Za-z0-9]{36,}"),
    Pattern("nvidia-key", "nvapi-", r"\bnvapi-[\w-]{40,}"),
    Pattern("cerebras-key", "csk-", r"\bcsk-[a-z0-9]{40,}"),
    Pattern("together-key", "tgp_v1_", r"\btgp_v1_[\w-]{20,}"),
    Pattern("pinecone-key", "pcsk_", r"\bpcsk_\w{40,}"),
    Pattern("langsmith-key", "lsv2_", r"\blsv2_(?:pt|sk)_[0-9a-f]{32}_\w+"),
    Pattern("stripe-key", "k_live_", r"\b[rs]k_live_\w{16,}"),
    Pattern("stripe-key", "k_test_", r"\b[rs]k_test_\w{16,}"),
    Pattern("sendgrid-key", "SG.", r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    Pattern("npm-token", "npm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
    Pattern("pypi-token", "pypi-", r"\bpypi-[\w-]{50,}"),
    Pattern("digitalocean-token", "_v1_", r"\bdo[opr]_v1_[0-9a-f]{64}"),
    Pattern("databricks-token", "dapi", r"\bdapi[0-9a-f]{32}"),
    Pattern("telegram-token", ":AA", r"\b\d{8,10}:AA[\w-]{33}"),
    Pattern("azure-key", "AccountKey=", r"(?<=AccountKey=)[A-Za-z0-9+/]{60,}={0,2}"),
    Pattern("jwt", "eyJ", r"eyJ(?<![\w-]eyJ)[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}", _whole),
    Pattern("basic-credentials", "asic ", r"(?<=[Bb]asic )[A-Za-z0-9+/]{12,}={0,2}(?!\w)", _basic),
    Pattern("bearer-token", "earer ", r"(?<=[Bb]earer )[A-Za-z0-9._~+/-]{20,}=*", _mixed_key),
    Pattern(
        "url-credentials",
        "://",
        r"(?<=://)[^\s/:@\"'<>\[\]{}]{1,100}:[^\s/:@\"'<>\[\]{}]{1,200}(?=@)",
        _login,
    ),
)

PII = (
    Pattern(
        "email",
        "@",
        r"(?<![\w.%+-])[\w.%+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w@])",
        _email,
    ),
    Pattern("iban", None, r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}", _iban),
    # Digits in the groups that are printed on cards: 4-6-4, 4-6-5, 4-4-4-4 and 4-4-4-4-3.
    Pattern(
        "card",
        None,
        # Behind a slash stands the number of a post or an order.
        r"(?<![\w./-])(?:\d{4}([ -]?)\d{6}\1\d{4,5}"
        r"|\d{4}([ -]?)\d{4}\2\d{4}\2\d{4}(?:\2\d{3})?)(?![\w-]|\.\d)",
        _card,
    ),
    Pattern("ssn", None, r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])", _ssn),
    Pattern("phone", None, r"(?<![\w+])\+[1-9](?:[ .()/-]{0,2}\d){7,14}(?![\w-])", _phone),
    Pattern(
        "phone",
        None,
        r"(?<![\w.+/-])(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-]|\.\d)",
        _phone,
    ),
)


def _hints(patterns: Iterable[Pattern]) -> tuple[str, ...]:
    """The hints of some patterns, without those that hold another one."""
    hints = frozenset(pattern.hint for pattern in patterns if pattern.hint is not None)
    return tuple(hint for hint in hints if not any(less in hint for less in hints - {hint}))


_HINTS = _hints((*SECRETS, *PII))
_SECRET_HINTS = _hints(SECRETS)

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
