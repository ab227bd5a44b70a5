"""The pages, each file one of them, or a few that belong together."""

from imagehub.librarian.web.pages import entrance, gallery, live, picture, wall

ROUTERS = [entrance.router, wall.router, live.router, gallery.router, picture.router]
