"""The pages, each file one of them, or a few that belong together."""

from imagehub.librarian.web.pages import (
    api,
    audit,
    cameras,
    entrance,
    events,
    gallery,
    hubs,
    live,
    notifications,
    objects,
    people,
    picture,
    regions,
    rules,
    storage,
    timeline,
    vision,
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
    objects,
    cameras,
    regions,
    vision,
    rules,
    storage,
    notifications,
    people,
    audit,
    api,
)
ROUTERS = [page.router for page in PAGES]
