"""How the hubs are."""

from fastapi import APIRouter
from fastapi.responses import Response

from imagehub.librarian import health
from imagehub.librarian.queries import statistics
from imagehub.librarian.web.visit import Administrator

router = APIRouter()


@router.get("/hubs")
def hubs_page(visit: Administrator) -> Response:
    """Show each hub: whether it runs, what it stored, and whether the catalog has all of it."""
    with visit.site.reading() as connection:
        return visit.page("hubs.html", hubs=health.of_all(connection), totals=statistics.totals(connection, None))
