"""The pages, each file one of them, or a few that belong together."""

from imagehub.librarian.web.pages import (
    api,
    audit,
    cameras,
    entrance,
    events,
    findings,
    gallery,
    hubs,
    live,
    notifications,
    people,
    picture,
    rules,
    storage,
    timeline,
    wall,
)

PAGES = (
    entrance,
    wall,
    live,
    timeline,
    gallery,
    hubs,
    picture,
    events,
    findings,
    cameras,
    rules,
    storage,
    notifications,
    people,
    audit,
    api,
)
ROUTERS = [page.router for page in PAGES]
