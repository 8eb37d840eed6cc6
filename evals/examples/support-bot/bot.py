"""A support bot of the kind that teams ship: a loop around a model that may call two tools.

    POST /chat {"message": …, "thread": …}  →  {"reply": …, "calls": [{"name": …, "args": …}]}

    OPENAI_BASE_URL=… OPENAI_API_KEY=… python bot.py 8080

BUGS names mistakes that teams make, to see that the suite beside this file finds each of them:
`loop` (what a tool said never reaches the model), `argument` (an order number loses its zeros),
`history` (a thread keeps its last message only), `fallback` (nobody told the model what to do
when a tool fails).
"""

import json
import os
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BUGS = frozenset(os.environ.get("BUGS", "").split(","))
MODEL = os.environ.get("MODEL", "gpt-4o-mini")

INSTRUCTIONS = "You are the support bot of a lamp shop. Look things up; never guess."
FALLBACK = "If a tool fails, say that you could not look it up and offer a callback."

ORDERS = {
    "0812": {"status": "shipped", "arrives": "Friday"},
    "0950": {"status": "in the warehouse", "arrives": "next Tuesday"},
}
ARTICLES = {
    "return": "Lamps can be returned within 30 days, in their box.",
    "warranty": "Every lamp has two years of warranty.",
}


def _tool(name: str, description: str, parameter: str) -> dict[str, Any]:
    properties = {parameter: {"type": "string"}}
    parameters = {"type": "object", "properties": properties, "required": [parameter]}
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


TOOLS = [
    _tool("search_help", "Searches the help pages.", "query"),
    _tool("get_order", "The status of an order.", "id"),
]

threads: dict[str, list[dict[str, Any]]] = {}


def answer(message: str, thread: str) -> dict[str, Any]:
    """One turn: asks the model, does what it asks for, until it has something to say."""
    history = threads.setdefault(thread, [])
    history.append({"role": "user", "content": message})
    if "history" in BUGS:
        del history[:-1]
    calls: list[dict[str, Any]] = []
    while True:
        reply = ask(history)
        wanted = reply.get("tool_calls") or []
        if not wanted:
            history.append({"role": "assistant", "content": reply["content"]})
            return {"reply": reply["content"], "calls": calls}
        if "loop" not in BUGS:
            history.append(reply)
        for call in wanted:
            name, args = call["function"]["name"], json.loads(call["function"]["arguments"])
            if "argument" in BUGS and name == "get_order":
                args["id"] = str(int(args["id"]))
            calls.append({"name": name, "args": args})
            said = {"role": "tool", "tool_call_id": call["id"], "content": do(name, args)}
            if "loop" not in BUGS:
                history.append(said)


def do(name: str, args: dict[str, Any]) -> str:
    """What a tool says, as JSON."""
    if name == "get_order":
        return json.dumps(ORDERS.get(args["id"], {"error": "no such order"}))
    query = args["query"].lower()
    return json.dumps([text for word, text in ARTICLES.items() if word in query])


def ask(history: list[dict[str, Any]]) -> dict[str, Any]:
    """One call of the model; gives its message."""
    system = INSTRUCTIONS if "fallback" in BUGS else f"{INSTRUCTIONS} {FALLBACK}"
    body = {
        "model": MODEL,
        "messages": [{"role": "system", "content": system}, *history],
        "tools": TOOLS,
        "max_tokens": 200,
    }
    request = urllib.request.Request(
        f"{os.environ['OPENAI_BASE_URL']}/chat/completions",
        data=json.dumps(body).encode(),
        headers={
            "content-type": "application/json",
            "authorization": f"Bearer {os.environ['OPENAI_API_KEY']}",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        message: dict[str, Any] = json.load(response)["choices"][0]["message"]
    return message


class Handler(BaseHTTPRequestHandler):
    """The bot's one address."""

    def do_POST(self) -> None:
        """Answers one message; what goes wrong is told with HTTP 500."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        try:
            status, reply = 200, answer(asked["message"], asked["thread"])
        except Exception as error:
            status, reply = 500, {"error": f"{type(error).__name__}: {error}"}
        body = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Keeps quiet."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
