"""The API, as people read about it."""

from fastapi import APIRouter
from fastapi.responses import Response

from imagehub.librarian.settings import base_url
from imagehub.librarian.web.api.app import PATH
from imagehub.librarian.web.api.examples import examples
from imagehub.librarian.web.visit import Viewer

router = APIRouter()


@router.get("/api")
def api_page(visit: Viewer) -> Response:
    """List what programs can ask for, each with a call."""
    document = visit.request.app.state.api.openapi()
    address = f"{base_url(visit.site.settings.web)}{PATH}"
    return visit.page("api.html", address=address, examples=list(examples(document, address)))
