"""The API, each file one subject, or a few that belong together."""

from imagehub.librarian.web.api import (
    audit,
    cameras,
    events,
    findings,
    health,
    images,
    live,
    notifications,
    rules,
    statistics,
    timeline,
    tokens,
    users,
)

ROUTERS = [
    images.router,
    events.router,
    events.readings,
    cameras.router,
    findings.router,
    findings.plates,
    timeline.router,
    timeline.days,
    statistics.router,
    statistics.hubs,
    rules.router,
    notifications.router,
    live.router,
    tokens.me,
    tokens.router,
    users.router,
    audit.router,
    health.router,
]
