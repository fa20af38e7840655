"""The OpenAPI document is whole, and true of the answers."""

import jsonschema
import pytest
from django.urls import get_resolver


@pytest.fixture
def document(client):
    return client.get("/api/schema/").json()


def operations(document):
    return [
        (address, method, operation)
        for address, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_schema_is_openapi_3_1(document, client):
    assert document["openapi"].startswith("3.1")
    assert (
        client.get("/api/schema/").headers["Content-Type"] == "application/vnd.oai.openapi+json;version=3.1"
    )
    assert client.post("/api/schema/").status_code == 405


def test_every_address_is_in_the_schema(document):
    routes = {
        str(pattern.pattern).replace("<id:", "{").replace("<slug:", "{").replace(">", "}")
        for pattern in get_resolver("portal.api.urls").url_patterns
    }
    undocumented = {"schema/", "docs/", ""}
    badge = "/taxa/{taxon_id}/badge.svg"
    assert {f"/api/{route}" for route in routes - undocumented} | {badge} == set(document["paths"])


def test_every_operation_has_words_and_its_errors(document):
    for address, method, operation in operations(document):
        assert operation["summary"], address
        assert operation["operationId"], address
        assert {"400", "401", "406", "429"} <= set(operation["responses"]), (address, method)
        for status, response in operation["responses"].items():
            assert response["description"], (address, status)
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"]
        for parameter in operation.get("parameters", []):
            assert parameter["name"] == "format" or parameter["description"], (address, parameter["name"])


def test_every_field_of_an_answer_has_a_type(document):
    for name, component in document["components"]["schemas"].items():
        for field, described in component.get("properties", {}).items():
            assert {"type", "$ref", "allOf", "oneOf"} & set(described), (name, field)


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/api/v1/", "/"),
        ("/api/v1/inclusion/", "/inclusion/?taxon_id=120215,900003,5"),
        ("/api/v1/taxa/{taxon_id}/", "/taxa/57516/"),
        ("/api/v1/readiness/", "/readiness/?page_size=3"),
        ("/api/v1/cutoffs/", "/cutoffs/"),
        ("/api/v1/cutoffs/next/", "/cutoffs/next/"),
        ("/api/v1/blitzes/", "/blitzes/"),
        ("/api/v1/hotspots/", "/hotspots/"),
        ("/api/v1/hotspots/{taxon_id}/worklist/", "/hotspots/118970/worklist/"),
        ("/api/v1/worklist/", "/worklist/"),
    ],
)
def test_answers_are_as_the_schema_says_and_hold_nothing_else(hotspots, get, document, path, address):
    schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    closed = {
        name: component | ({"additionalProperties": False} if component.get("type") == "object" else {})
        for name, component in document["components"]["schemas"].items()
    }
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(
        schema | {"components": {"schemas": closed}}, format_checker=checker
    ).validate(get(address).json())


def test_the_reference_page_asks_no_other_host(client, db):
    body = client.get("/api/docs/").content.decode()
    assert 'data-schema="/api/schema/"' in body
    assert "//cdn" not in body


def contents(document):
    """Each body that an operation takes or gives, with where it stands."""
    for address, method, operation in operations(document):
        bodies = {**operation["responses"], "request": operation.get("requestBody", {})}
        for status, body in bodies.items():
            for media_type, content in body.get("content", {}).items():
                yield (address, method, status, media_type), content


def test_every_example_is_what_the_schema_says(document):
    for _, content in contents(document):
        schema = content["schema"] | {"components": document["components"]}
        for example in content.get("examples", {}).values():
            jsonschema.Draft202012Validator(schema).validate(example["value"])


def test_lists_bodies_and_errors_have_examples(document):
    without = {
        where
        for where, content in contents(document)
        if not content.get("examples") and where[3] in ("application/json", "application/problem+json")
    }
    assert {address for address, _, _, _ in without} == {"/api/v1/"}
