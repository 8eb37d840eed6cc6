"""The forward proxy that the environment names for an address.

Looked up here, once for each endpoint: aiohttp would do it for every call, in a thread, and would
read a password file (`~/.netrc`) besides.
"""

from collections.abc import Mapping
from urllib.parse import SplitResult


def proxy_of(address: SplitResult, environ: Mapping[str, str]) -> str | None:
    """What HTTPS_PROXY, HTTP_PROXY or ALL_PROXY name, unless NO_PROXY excepts the host.

    A loopback address never goes through a proxy: it would be another machine's.
    """
    host = address.hostname or ""
    if host == "localhost" or host.startswith("127.") or host == "::1":
        return None
    proxy = _either_case(environ, f"{address.scheme}_proxy") or _either_case(environ, "all_proxy")
    if proxy is None or _is_excepted(host, _either_case(environ, "no_proxy") or ""):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_excepted(host: str, names: str) -> bool:
    """True for a host that the list names, or that lies below a domain that it names."""
    domains = [name.strip().lower().lstrip("*").lstrip(".") for name in names.split(",")]
    if "*" in {name.strip() for name in names.split(",")}:
        return True
    return any(name and (host == name or host.endswith(f".{name}")) for name in domains)


def _either_case(environ: Mapping[str, str], name: str) -> str | None:
    return environ.get(name, "").strip() or environ.get(name.upper(), "").strip() or None
