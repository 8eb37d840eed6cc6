"""An agent as users write one: OpenAI's own client, which finds its provider in the environment.

    OPENAI_BASE_URL=… OPENAI_API_KEY=… python openai_child.py

Asks whole and streamed through two APIs, then for more than anybody has budgeted, with the client's
own retries on, and prints as JSON what it got.
"""

import json

import openai
from openai import OpenAI


def main() -> None:
    """Asks."""
    client = OpenAI()
    whole = client.chat.completions.create(
        model="ok", messages=[{"role": "user", "content": "Hi"}], max_tokens=20
    )
    chunks = client.chat.completions.create(
        model="ok", messages=[{"role": "user", "content": "Hi"}], max_tokens=20, stream=True
    )
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks]
    response = client.responses.create(model="ok", input="Hi", max_output_tokens=20)
    events = client.responses.create(model="ok", input="Hi", max_output_tokens=20, stream=True)
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    got: dict[str, object] = {
        "whole": whole.choices[0].message.content,
        "streamed": pieces,
        "response": response.output_text,
        "deltas": deltas,
    }
    try:
        client.chat.completions.create(
            model="ok", messages=[{"role": "user", "content": "Hi"}], max_tokens=1_000_000
        )
    except openai.APIStatusError as error:
        got["refused"] = [error.status_code, error.code]
    print(json.dumps(got))  # noqa: T201 # What it is asked for.


if __name__ == "__main__":
    main()
