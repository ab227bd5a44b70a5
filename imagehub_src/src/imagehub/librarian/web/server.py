"""Serves the web page, with TLS if there is a certificate, until it is told to stop."""

import gc
import logging
import socket
import ssl
import threading
from contextlib import closing

import uvicorn

from imagehub.errors import ImagehubError
from imagehub.librarian.settings import Web, base_url
from imagehub.librarian.web import app
from imagehub.librarian.web.site import Site

log = logging.getLogger(__name__)


class WebError(ImagehubError):
    """The web page can't be served; says why."""


def serve(site: Site, stop: threading.Event) -> None:
    """Serve until `stop` is set.

    Raises:
        WebError: the address or the certificate can't be used.
    """
    web = site.settings.web
    with closing(_listen(web)) as listening:
        server = uvicorn.Server(_config(site))
        _spare_pauses()
        log.info("web page: %s", base_url(web))
        ended = threading.Thread(target=_end, args=(server, site, stop), daemon=True)
        ended.start()
        server.run(sockets=[listening])


def _spare_pauses() -> None:
    """Take what lives as long as the process out of each search for garbage, which holds all pages up for 0.1 s."""
    gc.collect()
    gc.freeze()


def _end(server: uvicorn.Server, site: Site, stop: threading.Event) -> None:
    stop.wait()
    site.stopping.set()
    site.arrivals.announce()
    server.should_exit = True


def _listen(web: Web) -> socket.socket:
    everywhere = web.address == "*"
    wide = ":" in web.address or (everywhere and socket.has_dualstack_ipv6())
    family = socket.AF_INET6 if wide else socket.AF_INET
    address = ("" if everywhere else web.address, web.port)
    try:
        listening = socket.create_server(address, family=family, dualstack_ipv6=everywhere and wide, backlog=128)
    except OSError as error:
        raise WebError(f"can't listen at {web.address} port {web.port}: {error.strerror}; see web.port") from error
    # Connections inherit it; without, the last part of each page waits for an acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _config(site: Site) -> uvicorn.Config:
    web = site.settings.web
    config = uvicorn.Config(
        app.build(site),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=list(web.trusted_proxies),
        timeout_graceful_shutdown=3,
        ssl_certfile=web.certificate,
        ssl_keyfile=web.private_key,
    )
    try:
        config.load()
    except (ssl.SSLError, OSError) as error:
        raise WebError(f"can't use web.certificate {web.certificate} with its key: {error}") from error
    return config
