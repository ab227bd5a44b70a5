"""What was found in images: objects, and licence plates."""

from fastapi import APIRouter
from fastapi.responses import Response

from imagehub.librarian.queries import findings
from imagehub.librarian.web.visit import Viewer

router = APIRouter()
PAGE = 60
