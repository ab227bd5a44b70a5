"""How each operation is called, with curl, as its description in the OpenAPI document tells."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True)
class Example:
    """One operation, and a call of it."""

    subject: str
    method: str
    path: str
    text: str
    call: str


def examples(document: dict[str, Any], address: str) -> Iterator[Example]:
    """Yield an example for each operation of the API that is served at an address."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            call = _call(document, f"{address}{path}", method.upper(), operation)
            yield Example(operation["tags"][0], method.upper(), path, operation["description"], call)


def _call(document: dict[str, Any], url: str, method: str, operation: dict[str, Any]) -> str:
    words = ["curl"] if method == "GET" else ["curl", "-X", method]
    query = []
    for parameter in operation.get("parameters", []):
        value = str(_sample(document, parameter["schema"]))
        if parameter["in"] == "path":
            url = url.replace(f"{{{parameter['name']}}}", value)
        elif parameter.get("required"):
            query.append(f"{parameter['name']}={quote(value, safe=':')}")
    words.append(shlex.quote("?".join([url, *(["&".join(query)] if query else [])])))
    if "security" in operation:
        words.append('-H "Authorization: Bearer $TOKEN"')
    if "requestBody" in operation:
        body = _sample(document, operation["requestBody"]["content"]["application/json"]["schema"])
        words.append(f"--json {shlex.quote(json.dumps(body))}")
    return " ".join(words)


def _sample(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """Return a value that fits a schema, as small as it may be."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _sample(document, document["components"]["schemas"][name])
    if "anyOf" in schema:
        return _sample(document, schema["anyOf"][0])
    for key in ("examples", "enum"):
        if key in schema:
            return schema[key][0]
    if schema.get("type") == "object":
        needed = schema.get("required", [])
        return {name: _sample(document, schema["properties"][name]) for name in needed}
    if schema.get("type") == "array":
        return [_sample(document, schema["items"])] * schema.get("minItems", 0)
    return {"string": "some words", "boolean": True}.get(schema.get("type", ""), max(1, schema.get("minimum", 1)))
