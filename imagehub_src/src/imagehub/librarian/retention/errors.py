"""Why retention does not do as asked, in words for the one who asks."""

from imagehub.errors import ImagehubError


class RetentionError(ImagehubError):
    """A policy or a hold can't be as asked for; the text says why."""
