"""What is a key or a piece of personal data, and what only looks like one."""

import time
from base64 import b64encode

import pytest

from agentops_cli.patterns import (
    PII,
    SECRETS,
    Hit,
    disjoint,
    find,
    is_placeholder,
    is_plain,
    marks,
    may_hold,
)

# Letters and digits as random keys have them; long enough for every form below.
BODY = "Zq8mTn4vWx2kLp9rBc6yDf1gHj3sVa7eUo5iXw0tGb4nMq8zKd2r" * 2
HEX = "9f3c1a7e5b2d8046c1e9a3f7b5d20684" * 3
UPPER = "Q7XM2ZK9W4TRV6PJ"

KEYS = {
    "anthropic-key": f"sk-ant-api03-{BODY[:40]}",
    "openrouter-key": f"sk-or-v1-{HEX[:64]}",
    "openai-key": f"sk-proj-{BODY[:48]}",
    "api-key": f"sk-{BODY[:48]}",
    "langfuse-key": f"sk-lf-{HEX[:8]}-{HEX[8:12]}-{HEX[12:16]}-{HEX[16:20]}-{HEX[20:32]}",
    "google-key": f"AIza{BODY[:35]}",
    "google-oauth": f"GOCSPX-{BODY[:28]}",
    "huggingface-token": f"hf_{BODY[:34]}",
    "aws-access-key": f"AKIA{UPPER}",
    "aws-secret-key": BODY[:40],
    "github-token": f"ghp_{BODY[:36]}",
    "gitlab-token": f"glpat-{BODY[:20]}",
    "slack-token": f"xoxb-{BODY[:24]}",
    "slack-webhook": f"T{UPPER[:8]}/B{UPPER[:8]}/{BODY[:24]}",
    "groq-key": f"gsk_{BODY[:52]}",
    "xai-key": f"xai-{BODY[:80]}",
    "perplexity-key": f"pplx-{BODY[:48]}",
    "replicate-token": f"r8_{BODY[:37]}",
    "nvidia-key": f"nvapi-{BODY[:64]}",
    "cerebras-key": f"csk-{HEX[:48]}",
    "together-key": f"tgp_v1_{BODY[:43]}",
    "pinecone-key": f"pcsk_{BODY[:60]}",
    "langsmith-key": f"lsv2_pt_{HEX[:32]}_{HEX[:10]}",
    "stripe-key": f"sk_live_{BODY[:24]}",
    "sendgrid-key": f"SG.{BODY[:22]}.{BODY[:43]}",
    "npm-token": f"npm_{BODY[:36]}",
    "pypi-token": f"pypi-{BODY[:80]}",
    "digitalocean-token": f"dop_v1_{HEX[:64]}",
    "databricks-token": f"dapi{HEX[:32]}",
    "telegram-token": f"8234510976:AA{BODY[:33]}",
    "azure-key": f"{BODY[:86]}==",
    "jwt": f"eyJ{BODY[:20]}.eyJ{BODY[:40]}.{BODY[:43]}",
    "basic-credentials": b64encode(f"x-access-token:ghs_{BODY[:36]}".encode()).decode(),
    "bearer-token": BODY[:40],
    "private-key": "-----BEGIN RSA PRIVATE KEY-----\n"
    f"{BODY[:64]}\n{BODY[:64]}\n-----END RSA PRIVATE KEY-----",
    "url-credentials": "admin:t0p-Secret!",
}

# Some keys are known by what stands before them.
BEFORE = {
    "aws-secret-key": "aws_secret_access_key = ",
    "azure-key": "AccountName=x;AccountKey=",
    "basic-credentials": "extraheader = AUTHORIZATION: basic ",
    "bearer-token": "Authorization: Bearer ",
    "slack-webhook": "https://hooks.slack.com/services/",
    "url-credentials": "postgresql://",
}
AFTER = {"url-credentials": "@db.internal/x"}

PERSONAL = {
    "email": ["jane.roe@gmail.com", "j+x@mail.roe.co.uk", "jürgen@straße.de"],
    "phone": [
        "+44 20 7946 0958",
        "+49-30-1234567",
        "(415) 262-7788",
        "415.262.7788",
        "+14152627788",
    ],
    "iban": ["DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819", "NO9386011117947"],
    "card": ["4929 1234 5678 9015", "4929123456789015"],
    "ssn": ["536-90-4399"],
}

NOTHING = [
    "task-based, risk-free, ask-me-anything-about-it-2026-edition",
    "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "sk-your-key-goes-here-0000000000",
    "export OPENAI_API_KEY=YOUR_KEY",
    "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789",
    "AKIAIOSFODNN7EXAMPLE",
    "hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "Authorization: Bearer <token>",
    "Authorization: Basic dXNlcjpwYXNzd29yZA==",
    "a basic understanding, a basic misconfiguration",
    "Authorization: Bearer the-quick-brown-fox-jumps",
    "Authorization: Bearer eyJhbGciOiJIUzI1NiIs...",
    "memory store sk-ant-api03-test-key-of-mine-777, sk_test_4eC39HqLyjWDarjtT1zdp7dc",
    "postgres://postgres:postgres@db/x",
    "https://user:password@localhost:5432",
    "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    "the eyJ prefix of a token",
    "jane@example.com, joe@mail.example.org, root@host.test, x@y.invalid",
    "support@acme.com, no-reply@acme.com, git@github.com",
    "logo@2x.png",
    "1-800-273-8255, 555-0100, (212) 555-0147, 123-456-7890",
    "+20 000 000 users and +10 000 000 more",
    "DE89 3704 0044 0532 0130 01",
    "4111 1111 1111 1111, 4242-4242-4242-4242, 4000 0027 6000 3184",
    "https://social.network/status/2031389008576577610",
    "4929 1234 5678 9014",
    "20080830 172159, git://[path[:]][ref@]here",
    "123-45-6789, 000-12-3456, 666-12-3456, 987-65-4321",
    "ISBN 978-3-16-148410-0, version 10.0.19045.3803, 192.168.100.200",
    "2026-01-02T03:04:05, 1700000000000, 12,345,678,901",
]


@pytest.mark.parametrize(("kind", "value"), KEYS.items())
def test_a_key_is_found_in_prose_and_known_for_what_it_is(kind: str, value: str) -> None:
    before, after = f"Use {BEFORE.get(kind, '')}", f"{AFTER.get(kind, '')}, and go."
    assert find(before + value + after, SECRETS) == (
        Hit(kind=kind, start=len(before), end=len(before) + len(value)),
    )


def test_every_kind_of_secret_has_a_sample() -> None:
    assert {pattern.kind for pattern in SECRETS} == set(KEYS)


def test_every_kind_of_personal_data_has_a_sample() -> None:
    assert {pattern.kind for pattern in PII} == set(PERSONAL)


@pytest.mark.parametrize(
    ("kind", "value"), [(kind, value) for kind, values in PERSONAL.items() for value in values]
)
@pytest.mark.parametrize(
    ("before", "after"), [("Say ", " now."), ("(", ")"), ("", ""), ("x: ", ",")]
)
def test_personal_data_is_found(kind: str, value: str, before: str, after: str) -> None:
    assert find(before + value + after, PII) == (
        Hit(kind=kind, start=len(before), end=len(before) + len(value)),
    )


@pytest.mark.parametrize("kind", "opsur")
def test_a_token_of_github_has_one_of_five_prefixes(kind: str) -> None:
    token = f"gh{kind}_{BODY[:36]}"
    assert find(f"({token})", SECRETS) == (Hit(kind="github-token", start=1, end=1 + len(token)),)
    assert find(f"x{token}", SECRETS) == ()


@pytest.mark.parametrize(
    "found",
    [
        *(f"{BEFORE.get(kind, '')}{key}{AFTER.get(kind, '')}" for kind, key in KEYS.items()),
        *(value for values in PERSONAL.values() for value in values),
    ],
)
def test_no_text_is_plain_in_which_something_is_found(found: str) -> None:
    assert not is_plain(found)
    assert not is_plain(f"It said:\n{found}\nand more.")


def test_prose_is_plain() -> None:
    assert is_plain("The right answer of the 8th night is 42, see pages 1024 to 1031.")


@pytest.mark.parametrize("text", NOTHING)
def test_what_belongs_to_nobody_is_left_alone(text: str) -> None:
    assert find(text, SECRETS) == ()
    assert find(text, PII) == ()


def test_an_iban_ends_where_its_country_says() -> None:
    text = "DE89370400440532013000 AND SO ON"
    assert find(text, PII) == (Hit(kind="iban", start=0, end=22),)


def test_a_private_key_that_was_cut_off_is_found_as_far_as_it_goes() -> None:
    text = f"-----BEGIN PRIVATE KEY-----\\n{BODY[:64]}\\n{BODY[:40]} and prose."
    [hit] = find(text, SECRETS)
    assert text[hit.end :] == " and prose."


def test_hits_come_in_reading_order_and_the_first_given_wins() -> None:
    late, early = Hit(kind="a", start=5, end=9), Hit(kind="b", start=0, end=3)
    inside = Hit(kind="c", start=6, end=7)
    assert disjoint([late, early, inside]) == (early, late)
    assert disjoint([]) == ()


def test_a_text_without_secrets_is_plain_to_whoever_does_not_mind_personal_data() -> None:
    for text in ("ada@lovelace.org", "4929 1234 5678 9015", "openai/gpt-5.4-mini-2026-03-17"):
        assert is_plain(text, personal=False)
        assert not is_plain(text)
    assert not is_plain("a task-force", personal=False)


def test_every_secret_has_a_hint_without_which_no_text_is_searched() -> None:
    assert all(pattern.hint for pattern in SECRETS)


def test_a_text_may_hold_a_pattern_only_where_its_hint_is() -> None:
    assert may_hold("a task-force", SECRETS)
    assert not may_hold("a task", SECRETS)
    assert not may_hold("4929 1234 5678 9015", [p for p in PII if p.hint is None])


def test_marks_are_found() -> None:
    text = "to [redacted:email], not [redacted:] nor [redacted:X]"
    assert marks(text) == (Hit(kind="email", start=3, end=19),)


@pytest.mark.parametrize("value", ["dummy-key", "xxxxxxxx", "aaaabbbb", "your_api_key", "${TOKEN}"])
def test_a_placeholder_is_known(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize("value", [BODY, HEX, UPPER])
def test_a_random_value_is_no_placeholder(value: str) -> None:
    assert not is_placeholder(value)


@pytest.mark.parametrize(
    "unit",
    [
        *("eyJ-", "sk-", "a@", "1-", "+1 ", "SG.-", "://a:", "AB12 ", "ghp_", "1 ", "(415) "),
        *("-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\n"),
        *("jane@roe.org ", "Bearer ", "AccountKey=", "hooks.slack.com/services/T/B/"),
    ],
)
def test_a_hostile_answer_is_searched_in_time_that_grows_with_its_length(unit: str) -> None:
    text = unit * (500_000 // len(unit))
    started = time.process_time()
    find(text, SECRETS)
    find(text, PII)
    assert time.process_time() - started < 5
