"""The API as a whole: its document, HEAD and the page that shows it."""

from calling import Called


def test_the_document_says_how_to_call_and_what_is_answered(api: Called) -> None:
    """Each operation has a summary, names of its own, and problems with their media type."""
    document = api.get("/openapi.json", "").json()
    operations = [one for methods in document["paths"].values() for one in methods.values()]
    assert document["servers"] == [{"url": "/api/v1"}]
    assert set(document["components"]["securitySchemes"]) == {"token", "session"}
    assert len({one["operationId"] for one in operations}) == len(operations)
    for one in operations:
        assert one["description"], one["operationId"]
        problems = [answer["content"] for status, answer in one["responses"].items() if status >= "400"]
        assert all(list(content) == ["application/problem+json"] for content in problems)


def test_head_is_get_without_a_body(api: Called) -> None:
    """The stream too, which ends at once."""
    for path in ("/images", "/cameras/1", "/images/3/thumbnail/small"):
        head, get = api.call("HEAD", path), api.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["ETag"] == get.headers["ETag"]
        assert head.headers["Content-Length"] == str(len(get.content))
    assert api.call("HEAD", "/live").headers["Content-Type"].startswith("text/event-stream")


def test_the_page_of_the_api_shows_every_operation(api: Called) -> None:
    """With a call by curl each, and to whoever is signed in."""
    assert "/sign-in" in api.client.get("/api", follow_redirects=False).headers["Location"]
    api.sign_in("guest")
    page = api.client.get("/api").text
    for path in api.get("/openapi.json").json()["paths"]:
        assert path in page
    assert page.count("curl ") >= 40
