"""Long lists, page by page: each page names the ones beside it."""

from collections.abc import Sequence
from typing import Annotated, Any, Generic, Protocol, TypeVar
from urllib.parse import urlencode

from fastapi import Response
from pydantic import BaseModel, Field, StringConstraints

from imagehub.librarian.queries.paging import Found
from imagehub.librarian.web.api.caller import Caller
from imagehub.librarian.web.api.formats import Given, Id

Item = TypeVar("Item", bound=BaseModel)


class HasId(Protocol):
    """A row with its number."""

    @property
    def id(self) -> int:
        """The number."""


Limit = Annotated[int, Field(ge=1, le=500, description="How many at most.")]


class Paged(Given):
    """Which page is meant: `next` and `previous` of another one say it."""

    cursor: Annotated[
        str | None, StringConstraints(max_length=100), Field(description="From `next` or `previous`.")
    ] = None
    limit: Limit = 50


class PagedById(Given):
    """Which page is meant, where a row's id is the cursor."""

    cursor: Annotated[Id | None, Field(description="From `next`.")] = None
    limit: Limit = 50

    def after(self, rows: Sequence[HasId]) -> str | None:
        """Return the cursor of the page that follows on these rows."""
        return str(rows[-1].id) if len(rows) == self.limit else None


class Page(BaseModel, Generic[Item]):
    """A page, newest first. `next` is the address of the older page, `previous` that of the newer; null: none."""

    items: list[Item]
    next: str | None
    previous: str | None


def page(caller: Caller, response: Response, kind: type[Item], found: Found[Any]) -> Page[Item]:
    """Return a page with the addresses of its neighbours, in the body and in the header `Link`."""
    cursors = {"next": found.next, "prev": found.previous}
    links = {name: _address(caller, cursor) for name, cursor in cursors.items() if cursor is not None}
    if links:
        response.headers["Link"] = ", ".join(f'<{address}>; rel="{name}"' for name, address in links.items())
    items = [kind.model_validate(one) for one in found.items]
    return Page(items=items, next=links.get("next"), previous=links.get("prev"))


def _address(caller: Caller, cursor: str) -> str:
    kept = [(name, value) for name, value in caller.request.query_params.multi_items() if name != "cursor"]
    return f"{caller.request.url.path}?{urlencode([*kept, ('cursor', cursor)])}"
