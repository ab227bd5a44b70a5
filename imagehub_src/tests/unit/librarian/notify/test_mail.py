"""Mail goes out by a real SMTP server."""

from pathlib import Path
from typing import Any

import pytest

from imagehub.librarian.notify import HopelessError, Message, NotSentError, Picture, send_mail
from imagehub.librarian.notify.mail import MailChannel, check_target
from imagehub.librarian.settings import Mail
from mailboxes import PASSWORD, USER, mailbox, tls
from running import free_port

MESSAGE = Message("7.1", "Gate: Barn P1", "motion\nmoving", 0, picture=Picture("a.jpg", b"\xff\xd8 a picture"))


def mail(port: int, **more: Any) -> Mail:
    """Return settings for a server on this machine."""
    given: dict[str, Any] = {"security": "none", "user": None, "password_file": None, "sender": "hub@example.org"}
    return Mail(server="127.0.0.1", port=port, **given | more)


def test_a_message_arrives_with_its_picture() -> None:
    """For all addresses, and with the same Message-ID each time."""
    with mailbox() as box:
        for _ in range(2):
            MailChannel(mail(box.port)).send("ann@example.org, bob@example.org", MESSAGE)
    first = box.mails[0]
    assert (first["From"], first["To"]) == ("hub@example.org", "ann@example.org, bob@example.org")
    assert first["Subject"] == "Gate: Barn P1"
    body = first.get_body()
    assert body is not None
    assert body.get_content().split() == ["motion", "moving"]
    (picture,) = first.iter_attachments()
    assert (picture.get_content_type(), picture.get_filename()) == ("image/jpeg", "a.jpg")
    assert picture.get_content() == b"\xff\xd8 a picture"
    assert box.keys == ["<imagehub.7.1@example.org>"] * 2


def test_mails_of_no_key_are_all_different() -> None:
    """Such as those for a password reset; names in any script are fine, a line break in a subject is none."""
    with mailbox() as box:
        for _ in range(2):
            send_mail(mail(box.port), "ann@example.org", "Scheune\r\nBcc: eve@example.org Tür", "Grüße")
    assert len(set(box.keys)) == 2
    assert box.mails[0]["Subject"] == "Scheune Bcc: eve@example.org Tür"
    assert box.mails[0]["Bcc"] is None


def test_signs_in_over_an_encrypted_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With STARTTLS, and a password from a file."""
    context, trusted = tls(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n")
    with mailbox(context=context) as box:
        MailChannel(mail(box.port, security="starttls", user=USER, password_file=password)).send("a@b.c", MESSAGE)
        password.write_text("wrong")
        with pytest.raises(NotSentError, match="535") as caught:
            MailChannel(mail(box.port, security="starttls", user=USER, password_file=password)).send("a@b.c", MESSAGE)
    assert box.signed_in == [True]
    assert not isinstance(caught.value, HopelessError)  # whoever mends the password gets the mail
    assert "wrong" not in str(caught.value)


def test_a_certificate_that_nobody_trusts_gets_no_password(tmp_path: Path) -> None:
    """Nor the mail."""
    context, _ = tls(tmp_path)
    with mailbox(context=context) as box, pytest.raises(NotSentError, match="CERTIFICATE_VERIFY_FAILED"):
        MailChannel(mail(box.port, security="starttls")).send("a@b.c", MESSAGE)
    assert box.mails == []


def test_a_server_without_encryption_gets_nothing_in_the_clear() -> None:
    """If encryption is asked for."""
    with mailbox() as box, pytest.raises(NotSentError, match="STARTTLS"):
        MailChannel(mail(box.port, security="starttls")).send("a@b.c", MESSAGE)
    assert box.mails == []


@pytest.mark.parametrize(("answer", "hopeless"), [("451 later", False), ("552 too large", True)])
def test_a_refusal_for_good_is_told_from_one_for_now(answer: str, hopeless: bool) -> None:
    """With the server's own words."""
    with mailbox() as box:
        box.answer = answer
        with pytest.raises(NotSentError, match=answer) as caught:
            MailChannel(mail(box.port)).send("a@b.c", MESSAGE)
    assert isinstance(caught.value, HopelessError) is hopeless


def test_what_is_not_set_up_is_said(tmp_path: Path) -> None:
    """With the setting's name."""
    password = {"user": "ann", "password_file": tmp_path / "none"}
    with pytest.raises(NotSentError, match=r"127\.0\.0\.1:.*refused"):
        MailChannel(mail(free_port())).send("a@b.c", MESSAGE)
    with pytest.raises(NotSentError, match=r"give mail\.server"):
        send_mail(Mail(None, 25, "none", None, None, None), "a@b.c", "", "")
    with mailbox() as box:
        with pytest.raises(NotSentError, match=r"mail\.password_file .*No such file"):
            MailChannel(mail(box.port, **password)).send("a@b.c", MESSAGE)
        with pytest.raises(NotSentError, match=r"mail\.user is given without mail\.password_file"):
            MailChannel(mail(box.port, user="ann")).send("a@b.c", MESSAGE)


@pytest.mark.parametrize("target", ["", "ann", "ann@", "@b.c", "a@b.c,", "a@b.c\nBcc: d@e.f", "Ann <a@b.c>"])
def test_what_is_no_address_is_refused(target: str) -> None:
    """Before it is kept."""
    with pytest.raises(ValueError, match="expected addresses"):
        check_target(target)
