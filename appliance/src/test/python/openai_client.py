"""OpenAI's own client against `./goshawk serve`. Run by OpenAiClientPythonTest; every check that fails ends it.

usage: openai_client.py BASE_URL TOKEN MODEL PICTURE.png
"""

import base64
import json
import sys
import time

import openai

url, token, model, picture = sys.argv[1:]
client = openai.OpenAI(base_url=url, api_key=token, max_retries=0, timeout=60)
image = "data:image/png;base64," + base64.b64encode(open(picture, "rb").read()).decode()
SCHEMA = {
    "type": "object",
    "properties": {
        "verdict": {"enum": ["PASS", "REJECT", "REVIEW"]},
        "findings": {
            "type": "array",
            "minItems": 1,
            "maxItems": 16,
            "items": {
                "type": "object",
                "properties": {
                    "defect": {"enum": ["missing_bolt"]},
                    "box": {"type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "integer", "minimum": 0, "maximum": 1000}},
                },
                "required": ["defect", "box"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["verdict"],
    "additionalProperties": False,
}


def ask(content, **more):
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": content}], **more)


def refused(kind, *args, **more):
    try:
        ask(*args, **more)
    except kind as e:
        return e
    raise AssertionError(f"{kind.__name__} was expected")


# models
listed = client.models.list().data
assert [it.id for it in listed] == [model], listed
assert client.models.retrieve(model).id == model

# chat
reply = ask("Is a bolt missing?", max_tokens=16, temperature=0)
assert reply.object == "chat.completion" and reply.choices[0].message.role == "assistant"
assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
assert reply.usage.completion_tokens <= 16
again = ask("Is a bolt missing?", max_tokens=16, temperature=0)
assert again.choices[0].message.content == reply.choices[0].message.content
seeded = [ask("Is a bolt missing?", max_tokens=16, temperature=1.0, seed=5).choices[0].message for _ in range(2)]
assert seeded[0].content == seeded[1].content

# picture, schema, shares
parts = [{"type": "image_url", "image_url": {"url": image}}, {"type": "text", "text": "Is a bolt missing?"}]
form = {"type": "json_schema", "json_schema": {"name": "verdict", "schema": SCHEMA}}
reply = ask(parts, temperature=0, response_format=form, logprobs=True, top_logprobs=5, reasoning_effort="none")
verdict = json.loads(reply.choices[0].message.content)
assert verdict["verdict"] in ("PASS", "REJECT", "REVIEW"), verdict
assert reply.choices[0].finish_reason == "stop"
tokens = reply.choices[0].logprobs.content
assert "".join(it.token for it in tokens) == reply.choices[0].message.content
assert all(len(it.top_logprobs) == 5 and it.logprob <= 0 for it in tokens)
print("verdict on the picture:", verdict)

# two pictures
reply = ask(parts[:1] + parts, temperature=0, max_tokens=40, response_format={"type": "json_object"}, reasoning_effort="none")
assert reply.choices[0].message.content.startswith("{")

# streaming
pieces = list(ask(parts, temperature=0, response_format=form, reasoning_effort="none", stream=True, stream_options={"include_usage": True}))
said = "".join(it.choices[0].delta.content or "" for it in pieces if it.choices)
assert json.loads(said) == verdict, said
assert pieces[-1].usage.completion_tokens > 0 and not pieces[-1].choices
assert [it.choices[0].finish_reason for it in pieces if it.choices and it.choices[0].finish_reason] == ["stop"]

# what is refused
stranger = openai.OpenAI(base_url=url, api_key="not-the-token-at-all", max_retries=0)
try:
    stranger.models.list()
    raise AssertionError("a stranger was answered")
except openai.AuthenticationError as e:
    assert e.code == "invalid_api_key", e
broken = [{"type": "image_url", "image_url": {"url": image[: len(image) // 2]}}]
assert refused(openai.BadRequestError, broken).code == "invalid_image"
elsewhere = [{"type": "image_url", "image_url": {"url": "https://example.org/part.png"}}]
assert "fetches nothing" in refused(openai.BadRequestError, elsewhere).message
assert refused(openai.BadRequestError, "word " * 5000).code == "context_length_exceeded"
try:
    client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": "hello"}])
    raise AssertionError("there is no such model")
except openai.NotFoundError as e:
    assert e.code == "model_not_found", e

# who hangs up frees his place: of four, all are taken and given back
endless = {"type": "json_schema", "json_schema": {"name": "long", "schema": {"type": "string", "minLength": 100000}}}
streams = [ask("x", response_format=endless, reasoning_effort="none", stream=True) for _ in range(4)]
for stream in streams:
    next(iter(stream))
refused(openai.RateLimitError, "x", max_tokens=1)
for stream in streams:
    stream.close()
for _ in range(100):
    try:
        ask("x", max_tokens=1)
        break
    except openai.RateLimitError:
        time.sleep(0.1)
else:
    raise AssertionError("places were not given back")

print("openai", openai.__version__, "is content")
