"""AWS Signer's own service model, as botocore carries it, held against the OpenAPI document field by field."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from botocore.loaders import Loader

#: Shapes that say nothing of what they are for: facts about them are named by their place.
ANY = ("String", "string", "Integer")

DOCUMENT = Path(__file__).parents[2] / "openapi" / "hallmark.json"


def document() -> dict:
    return json.loads(DOCUMENT.read_text())


def service_model() -> dict:
    return Loader().load_service_model("signer", "service-2")


@dataclass(frozen=True)
class Difference:
    """One fact that the two say differently, and where."""

    place: str
    model: object
    ours: object


class Comparison:
    """All differences between a service model and a document; nothing is taken as equal because it is unknown."""

    def __init__(self, model: dict, ours: dict):
        self.model = model
        self.ours = ours
        self.operations = {
            operation["operationId"]: (path, method, operation)
            for path, item in ours["paths"].items()
            for method, operation in item.items()
        }

    def differences(self) -> set[Difference]:
        return {d for name in self.model["operations"] for d in self.operation(name)}

    def operation(self, name: str) -> Iterator[Difference]:
        model = self.model["operations"][name]
        if name not in self.operations:
            yield Difference(f"{name}.operation", "an operation", None)
            return
        path, method, ours = self.operations[name]
        yield from differ(f"{name}.method", model["http"]["method"].lower(), method)
        yield from differ(f"{name}.path", model["http"]["requestUri"], path)
        yield from differ(f"{name}.status", {str(model["http"].get("responseCode", 200))}, successes(ours))
        yield from self.errors(name, model, ours)
        yield from self.input(name, model, ours)
        yield from self.output(name, model, ours)

    def errors(self, name: str, model: dict, ours: dict) -> Iterator[Difference]:
        named = {
            exception: int(status)
            for status, response in ours["responses"].items()
            if status not in successes(ours)
            for exception in response["headers"]["x-amzn-ErrorType"]["schema"]["enum"]
        }
        modelled = {e["shape"]: self.shape(e["shape"])["error"]["httpStatusCode"] for e in model["errors"]}
        for exception in modelled.keys() | named.keys():
            yield from differ(f"{name}.errors.{exception}", modelled.get(exception), named.get(exception))

    def input(self, name: str, model: dict, ours: dict) -> Iterator[Difference]:
        shape = self.shape(model["input"]["shape"])
        required = set(shape.get("required", ()))
        sent = self.sent(ours)
        modelled = {
            (member.get("location", "body"), member.get("locationName", key)): (key in required, member["shape"])
            for key, member in shape["members"].items()
        }
        for place in modelled.keys() | sent.keys():
            label = f"{name}.input.{place[0]}.{place[1]}"
            if place not in modelled or place not in sent:
                yield Difference(label, "a member" if place in modelled else None, "a member" if place in sent else None)
                continue
            (must, shape_name), (ours_must, schema) = modelled[place], sent[place]
            yield from differ(f"{label}.required", must, ours_must)
            yield from self.value(label, shape_name, schema, Direction("asked", place[0]))

    def sent(self, ours: dict) -> dict[tuple[str, str], tuple[bool, dict]]:
        """Every parameter and member of a request: (location, name) to (required, schema)."""
        locations = {"path": "uri", "query": "querystring", "header": "header"}
        sent = {(locations[p["in"]], p["name"]): (p["required"], p["schema"]) for p in ours.get("parameters", ())}
        if "requestBody" in ours:
            body = self.schema(ours["requestBody"]["content"]["application/json"]["schema"])
            for key, schema in body["properties"].items():
                sent["body", key] = (key in body.get("required", ()), schema)
        return sent

    def output(self, name: str, model: dict, ours: dict) -> Iterator[Difference]:
        schema = ours["responses"]["200"]["content"]["application/json"]["schema"]
        if "output" in model:
            yield from self.value(f"{name}.output", model["output"]["shape"], schema, Direction("answered", "body"))
        else:
            yield from differ(f"{name}.output", 0, self.schema(schema).get("maxProperties"))

    def value(self, place: str, shape_name: str, schema: dict, direction: "Direction") -> Iterator[Difference]:
        shape, schema = self.shape(shape_name), self.schema(schema)
        yield from differ(f"{place}.type", wire_type(shape["type"], direction), our_type(schema))
        label = place if shape_name in ANY else shape_name
        match shape["type"]:
            case "structure":
                yield from self.structure(place, shape, schema, direction)
            case "list":
                yield from direction.bounds(label, shape, schema, "minItems", "maxItems")
                yield from self.value(f"{place}[]", shape["member"]["shape"], schema["items"], direction)
            case "map":
                yield from direction.bounds(label, shape, schema, "minProperties", "maxProperties")
                yield from self.value(f"{place}{{key}}", shape["key"]["shape"], schema["propertyNames"], direction)
                values = schema["additionalProperties"]
                yield from self.value(f"{place}{{value}}", shape["value"]["shape"], values, direction)
            case "blob":
                in_base64 = {bound: -(-shape[bound] // 3) * 4 for bound in ("min", "max") if bound in shape}
                yield from direction.bounds(label, in_base64, schema, "minLength", "maxLength")
            case "string":
                yield from direction.bounds(label, shape, schema, "minLength", "maxLength")
                yield from direction.same(f"{label}.pattern", shape.get("pattern"), schema.get("pattern"))
                ours = frozenset(schema["enum"]) if "enum" in schema else None
                yield from direction.enum(f"{label}.enum", frozenset(shape.get("enum", ())) or None, ours)
            case "integer":
                yield from direction.bounds(label, shape, schema, "minimum", "maximum")

    def structure(self, place: str, shape: dict, schema: dict, direction: "Direction") -> Iterator[Difference]:
        ours = schema.get("properties", {})
        for key in shape["members"].keys() | ours.keys():
            if key not in shape["members"] or key not in ours:
                known = ["a member" if key in side else None for side in (shape["members"], ours)]
                yield Difference(f"{place}.{key}", *known)
                continue
            must = key in shape.get("required", ())
            ours_must = key in schema.get("required", ())
            # What the model leaves open in an answer may well be promised.
            if direction.kind == "asked" or must:
                yield from differ(f"{place}.{key}.required", must, ours_must)
            yield from self.value(f"{place}.{key}", shape["members"][key]["shape"], ours[key], direction)

    def shape(self, name: str) -> dict:
        return self.model["shapes"][name]

    def schema(self, schema: dict) -> dict:
        """The schema that is meant: references followed, null left out, parts put together."""
        if "$ref" in schema:
            return self.schema(self.ours["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
        if "oneOf" in schema:
            (only,) = [one for one in schema["oneOf"] if one != {"type": "null"}]
            return self.schema(only)
        if "allOf" in schema:
            parts = [self.schema(part) for part in schema["allOf"]]
            properties = {key: value for part in parts for key, value in part["properties"].items()}
            required = [key for part in parts for key in part.get("required", ())]
            return {"type": "object", "properties": properties, "required": required}
        return schema


@dataclass(frozen=True)
class Direction:
    """Whether a value is asked or answered, and where it stands. What is answered may be narrower than the model."""

    kind: str
    location: str

    def bounds(self, label: str, shape: dict, schema: dict, lower: str, upper: str) -> Iterator[Difference]:
        # A bound of zero from below bounds nothing.
        low, ours_low = shape.get("min") or None, schema.get(lower) or None
        high, ours_high = shape.get("max"), schema.get(upper)
        if self.kind == "asked" or (low or 0) > (ours_low or 0):
            yield from differ(f"{label}.min", low, ours_low)
        if self.kind == "asked" or (high is not None and (ours_high is None or ours_high > high)):
            yield from differ(f"{label}.max", high, ours_high)

    def same(self, place: str, model: object, ours: object) -> Iterator[Difference]:
        if self.kind == "asked" or model is not None:
            yield from differ(place, model, ours)

    def enum(self, place: str, model: frozenset | None, ours: frozenset | None) -> Iterator[Difference]:
        if self.kind == "asked" or (model is not None and not (ours is not None and ours <= model)):
            yield from differ(place, model, ours)


def differ(place: str, model: object, ours: object) -> Iterator[Difference]:
    if model != ours:
        hashable = [frozenset(side) if isinstance(side, set) else side for side in (model, ours)]
        yield Difference(place, *hashable)


def successes(operation: dict) -> set[str]:
    return {status for status in operation["responses"] if status.startswith("2")}


def wire_type(kind: str, direction: Direction) -> str:
    """How restJson1 writes a shape of this type in its place (Smithy, AWS restJson1 protocol)."""
    if kind == "timestamp":
        return "number" if direction.location == "body" else "string date-time"
    names = {"structure": "object", "map": "map", "list": "array", "blob": "string base64"}
    return names.get(kind, kind)


def our_type(schema: dict) -> str:
    kind = schema["type"]
    if isinstance(kind, list):
        (kind,) = [one for one in kind if one != "null"]
    if kind == "object" and "additionalProperties" in schema:
        return "map"
    form = schema.get("contentEncoding") or (schema.get("format") if schema.get("format") == "date-time" else None)
    return f"{kind} {form}" if form else kind
