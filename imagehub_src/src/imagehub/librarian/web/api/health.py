"""Whether the librarian answers, and which version it is."""

from typing import Literal

from fastapi import APIRouter, Request

from imagehub import __version__
from imagehub.librarian.queries import images
from imagehub.librarian.web.api.formats import Told
from imagehub.librarian.web.site import Site

router = APIRouter(prefix="/health", tags=["health"])


class Health(Told):
    """The librarian serves, and its catalog answers."""

    status: Literal["ok"]
    version: str


@router.get("")
def get_health(request: Request) -> Health:
    """Tell whether the catalog answers; for everybody."""
    site: Site = request.app.state.site
    with site.reading() as connection:
        images.newest_id(connection)
    return Health(status="ok", version=__version__)
