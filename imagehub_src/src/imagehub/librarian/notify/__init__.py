"""Notifications: what is sent, by which channel, and what became of it."""

from imagehub.librarian.notify.channels import CHECKS, Channels, channels, try_out
from imagehub.librarian.notify.history import Sent, sent
from imagehub.librarian.notify.mail import send_mail
from imagehub.librarian.notify.message import (
    Channel,
    HopelessError,
    Message,
    NotSentError,
    Picture,
    Publisher,
    masked,
)
from imagehub.librarian.notify.outbox import Draft, again, put
from imagehub.librarian.notify.sending import parts

__all__ = [
    "CHECKS",
    "Channel",
    "Channels",
    "Draft",
    "HopelessError",
    "Message",
    "NotSentError",
    "Picture",
    "Publisher",
    "Sent",
    "again",
    "channels",
    "masked",
    "parts",
    "put",
    "send_mail",
    "sent",
    "try_out",
]
