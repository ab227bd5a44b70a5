"""Mail by SMTP, for notifications and for whoever else has something to say."""

import smtplib
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr

from imagehub.librarian.notify.message import HopelessError, Message, NotSentError, Picture
from imagehub.librarian.settings import Mail

TIMEOUT_SECONDS = 20.0


class MailChannel:
    """Sends to addresses, with commas between."""

    def __init__(self, settings: Mail) -> None:
        self._settings = settings

    def send(self, target: str, message: Message) -> None:
        """See `Channel.send`; each try has the same Message-ID."""
        pictures = [message.picture] if message.picture else []
        send_mail(self._settings, target, message.title, message.text, pictures, message.key)


def check_target(target: str) -> None:
    """Raise ValueError unless these are addresses, with commas between."""
    for address in target.split(","):
        name, mark, domain = address.strip().partition("@")
        if not (name and mark and domain) or parseaddr(address)[1] != address.strip() or not address.isprintable():
            raise ValueError(f"expected addresses as name@example.org, got {address.strip()!r}")


def send_mail(
    settings: Mail, to: str, subject: str, text: str, pictures: Sequence[Picture] = (), key: str | None = None
) -> None:
    """Send one mail to addresses with commas between; mails with the same `key` have the same Message-ID.

    Raises:
        NotSentError: there is no mail server, or it did not take the mail.
    """
    if settings.server is None:
        raise NotSentError("no mail server is set up: give mail.server in librarian.yaml")
    mail = _mail(settings, to, subject, text, pictures, key)
    try:
        server = _connection(settings)
        try:
            refused = server.send_message(mail)
        finally:
            _leave(server)
    except smtplib.SMTPResponseException as error:
        raise _refused(error) from error
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(smtplib.SMTPResponseException(*next(iter(error.recipients.values())))) from error
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise NotSentError(f"mail server {settings.server}:{settings.port}: {error}") from error
    if refused:
        raise HopelessError(f"the mail server took it for some, but refused {', '.join(refused)}")


def _mail(
    settings: Mail, to: str, subject: str, text: str, pictures: Sequence[Picture], key: str | None
) -> EmailMessage:
    sender = settings.sender or f"imagehub@{socket.getfqdn()}"
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, " ".join(subject.split())
    mail["Date"] = formatdate(localtime=True)
    mail["Message-ID"] = f"<imagehub.{key}@{domain}>" if key else make_msgid("imagehub", domain)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    for picture in pictures:
        mail.add_attachment(picture.body, "image", "jpeg", filename=picture.name)
    return mail


def _connection(settings: Mail) -> smtplib.SMTP:
    assert settings.server
    if settings.security == "tls":
        context = ssl.create_default_context()
        return _signed_in(
            smtplib.SMTP_SSL(settings.server, settings.port, timeout=TIMEOUT_SECONDS, context=context), settings
        )
    server = smtplib.SMTP(settings.server, settings.port, timeout=TIMEOUT_SECONDS)
    try:
        if settings.security == "starttls":
            server.starttls(context=ssl.create_default_context())
    except BaseException:
        server.close()
        raise
    return _signed_in(server, settings)


def _signed_in(server: smtplib.SMTP, settings: Mail) -> smtplib.SMTP:
    try:
        if settings.user is not None:
            server.login(settings.user, _password(settings))
    except BaseException:
        server.close()
        raise
    return server


def _leave(server: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):  # a mail that was taken is sent, whatever comes after
        server.quit()
    server.close()


def _password(settings: Mail) -> str:
    if settings.password_file is None:
        raise NotSentError("mail.user is given without mail.password_file")
    try:
        return settings.password_file.read_text(encoding="utf-8").strip("\r\n")
    except OSError as error:
        raise NotSentError(f"mail.password_file {settings.password_file}: {error.strerror}") from error


def _refused(error: smtplib.SMTPResponseException) -> NotSentError:
    words = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
    text = f"the mail server said {error.smtp_code} {words}"
    # A password can be mended; a mail that was refused stays as it is.
    mendable = error.smtp_code < 500 or isinstance(error, smtplib.SMTPAuthenticationError)
    return NotSentError(text) if mendable else HopelessError(text)
