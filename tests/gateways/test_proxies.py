from urllib.parse import urlsplit

import pytest

from agentops_cli.gateways.proxies import proxy_of

ADDRESS = "https://api.example.com/v1"
BOTH = {"HTTPS_PROXY": "http://secure:3128", "HTTP_PROXY": "http://plain:3128"}


@pytest.mark.parametrize(
    ("address", "environ", "proxy"),
    [
        (ADDRESS, {}, None),
        (ADDRESS, BOTH, "http://secure:3128"),
        ("http://api.example.com/v1", BOTH, "http://plain:3128"),
        (ADDRESS, {"https_proxy": "http://lower:1"} | BOTH, "http://lower:1"),
        (ADDRESS, {"ALL_PROXY": "http://all:1"}, "http://all:1"),
        (ADDRESS, {"HTTPS_PROXY": "bare:3128"}, "http://bare:3128"),
        (ADDRESS, {"HTTPS_PROXY": " "}, None),
        (ADDRESS, BOTH | {"NO_PROXY": "*"}, None),
        (ADDRESS, BOTH | {"NO_PROXY": "other.org, api.example.com"}, None),
        (ADDRESS, BOTH | {"NO_PROXY": "example.com"}, None),
        (ADDRESS, BOTH | {"no_proxy": ".Example.com"}, None),
        (ADDRESS, BOTH | {"NO_PROXY": "*.example.com"}, None),
        (ADDRESS, BOTH | {"NO_PROXY": "ample.com,,"}, "http://secure:3128"),
        ("http://localhost:11434", BOTH, None),
        ("http://127.0.0.1:8000", BOTH, None),
        ("http://[::1]:8000", BOTH, None),
    ],
)
def test_the_environment_names_the_proxy(
    address: str, environ: dict[str, str], proxy: str | None
) -> None:
    assert proxy_of(urlsplit(address), environ) == proxy
