"""Real servers that take notifications, for tests: SMTP and HTTP."""

import email.policy
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from certificates import certificate
from running import free_port

USER, PASSWORD = "librarian", "a secret"


@dataclass
class Mailbox:
    """Keeps the mails that come to a server; `answer` is what it says to each."""

    port: int
    mails: list[EmailMessage] = field(default_factory=list)
    answer: str = "250 OK"
    signed_in: list[bool] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd names it
        """Keep a mail."""
        if self.answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.mails.append(BytesParser(policy=email.policy.default).parsebytes(content))
            self.signed_in.append(bool(session.authenticated))
        return self.answer

    @property
    def keys(self) -> list[str]:
        """Return the Message-IDs in the order that they came."""
        return [str(mail["Message-ID"]) for mail in self.mails]


@contextmanager
def mailbox(port: int | None = None, context: ssl.SSLContext | None = None, **options: Any) -> Iterator[Mailbox]:
    """Give a mailbox behind a real SMTP server; with a context, it takes mail after STARTTLS and a sign-in only."""
    box = Mailbox(port or free_port())
    if context is not None:
        options |= {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": _is_user}
    server = Controller(box, hostname="127.0.0.1", port=box.port, **options)
    server.start()
    try:
        yield box
    finally:
        server.stop()


def _is_user(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
    given = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=given, handled=given)


def tls(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return what a server at 127.0.0.1 shows, and the file that whoever trusts it needs."""
    made = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    return context, made.certificate


@dataclass
class Hook:
    """Keeps what is posted to an HTTP server: path, headers, body; `status` is what it answers."""

    url: str = ""
    status: int = 200
    location: str = ""
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def hook() -> Iterator[Hook]:
    """Give a hook behind a real HTTP server."""
    kept = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kept.posts.append((self.path, dict(self.headers), body))
            self.send_response(kept.status)
            if kept.location:
                self.send_header("Location", kept.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
