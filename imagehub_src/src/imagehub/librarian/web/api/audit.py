"""The audit log: who changed what."""

from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import Field

from imagehub.librarian import audit as catalog
from imagehub.librarian.queries.paging import Found
from imagehub.librarian.web.api.caller import Administrator
from imagehub.librarian.web.api.formats import Id, Time, Told, Word
from imagehub.librarian.web.api.paging import Page, PagedById, page
from imagehub.librarian.web.api.subjects import subject

router = subject("audit")


class Entry(Told):
    """One change."""

    id: int
    time: Time = Field(validation_alias="time_us")
    actor: str
    action: str
    subject: str
    details: dict[str, Any]


class WantedEntries(PagedById):
    """Which entries are meant; what is left out does not matter."""

    user: Annotated[Id | None, Field(description="Of this user.")] = None
    action: Annotated[Word, Field(description="Of this action, as `camera.edit`.")] = ""


@router.get("")
def list_audit(caller: Administrator, response: Response, wanted: Annotated[WantedEntries, Query()]) -> Page[Entry]:
    """Return who changed what."""
    with caller.site.reading() as connection:
        rows = catalog.entries(connection, wanted.cursor, wanted.limit, wanted.user, wanted.action)
    return page(caller, response, Entry, Found(rows, wanted.after(rows), None))
