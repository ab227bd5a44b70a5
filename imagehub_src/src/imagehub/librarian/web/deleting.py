"""A user deletes an image."""

from imagehub.librarian import audit, deletion
from imagehub.librarian.audit import Actor
from imagehub.librarian.deletion import HeldError
from imagehub.librarian.queries.images import Image
from imagehub.librarian.web.site import Site


def delete_image(site: Site, actor: Actor, image: Image) -> None:
    """Delete an image for good.

    Raises:
        HeldError: it is held.
        DataDirectoryError: its file can't be deleted now. It is hidden, and will be.
    """
    if image.held:
        raise HeldError(f"{image.path} is held: end the hold, then delete it")
    # First the log, then the deed: it has transactions of its own, and may end between them.
    with site.writing() as connection:
        audit.note(connection, actor, "image.delete", image.path)
    hub = site.settings.hub_directory
    deletion.delete(site.engine, hub, [image.id], actor.name, forget_thumbnail=site.thumbnails.forget)
