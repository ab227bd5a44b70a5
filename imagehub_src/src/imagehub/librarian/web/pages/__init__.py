"""The pages, each file one of them, or a few that belong together."""

from imagehub.librarian.web.pages import (
    audit,
    cameras,
    entrance,
    events,
    findings,
    gallery,
    live,
    people,
    timeline,
    wall,
)

ROUTERS = [page.router for page in (entrance, wall, live, timeline, gallery, events, findings, cameras, people, audit)]
