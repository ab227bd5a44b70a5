"""What was found in images: objects, and licence plates."""

from fastapi import APIRouter
from fastapi.responses import Response

from imagehub.librarian.queries import findings
from imagehub.librarian.web.visit import Viewer

router = APIRouter()
PAGE = 60


@router.get("/objects")
def objects_page(visit: Viewer, label: str = "", cursor: str = "") -> Response:
    """List what detectors know and found lately, and the latest finds with their images."""
    with visit.site.reading() as connection:
        known = findings.objects(connection, visit.sight)
        labels = [label] if label else []
        found = findings.search(connection, visit.sight, labels, (), None, None, cursor or None, PAGE)
    return visit.page("objects.html", objects=known, found=found, label=label, cursor=cursor)


@router.get("/plates")
def plates_page(visit: Viewer, text: str = "", cursor: str = "") -> Response:
    """List plates; with a text, also where each that fits was seen."""
    wanted = text.strip().upper()
    with visit.site.reading() as connection:
        if wanted:
            seen = findings.sightings(connection, visit.sight, wanted, (), None, None, cursor or None, PAGE)
            return visit.page("sightings.html", found=seen, text=wanted)
        plates = findings.plates(connection, visit.sight, "", cursor or None, PAGE)
    return visit.page("plates.html", found=plates)
