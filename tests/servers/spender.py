"""A child process that spends as fast as it can and has never heard of a budget.

    OPENAI_BASE_URL=… OPENAI_API_KEY=… python spender.py 200 [--stream]

Makes that many calls at the same moment, one a thread, each of another length and with another
limit, and prints as JSON how many ended with which HTTP status.
"""

import http.client
import json
import os
import sys
import threading
from collections import Counter
from urllib.parse import urlsplit

BASE = urlsplit(os.environ["OPENAI_BASE_URL"])
HEADERS = {
    "Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}",
    "Content-Type": "application/json",
}


def spend(number: int, *, stream: bool, together: threading.Barrier) -> int:
    """One call, read to its end; its status."""
    body = {
        "model": "slow",
        "messages": [{"role": "user", "content": "spend " * (5 + number % 37)}],
        "max_tokens": 40 + number * 31 % 110,
        "stream": stream,
    }
    assert BASE.hostname
    connection = http.client.HTTPConnection(BASE.hostname, BASE.port, timeout=60)
    connection.connect()
    together.wait(30)
    connection.request("POST", f"{BASE.path}/chat/completions", json.dumps(body), HEADERS)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def main() -> None:
    """Spends."""
    calls, stream = int(sys.argv[1]), "--stream" in sys.argv
    together = threading.Barrier(calls)
    statuses: list[int] = []

    def work(number: int) -> None:
        statuses.append(spend(number, stream=stream, together=together))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(Counter(statuses)))  # noqa: T201 # What it is asked for.


if __name__ == "__main__":
    main()
