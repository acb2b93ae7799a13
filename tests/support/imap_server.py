"""A real IMAP server (pymap) with one mailbox, by TLS from the first byte or by STARTTLS."""

import asyncio
import logging
import ssl
from argparse import Namespace
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from urllib.parse import quote

from imapclient import IMAPClient
from proxyprotocol.noop import ProxyProtocolNoop
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, DictBackend, Identity, Login
from pymap.exceptions import InvalidAuth
from pymap.imap import IMAPServer
from pysasl import SASLAuth
from pysasl.creds.external import ExternalCredentials, ExternalVerificationRequired
from pysasl.creds.server import ServerCredentials

from tests.support.ports import free_port
from tests.support.tls import certificate

USER, PASSWORD = "bounces@halden.example", "pass:w/rd? 12"
FOLDER = "INBOX"


class TokenConfig(Config):
    """A server that also accepts access tokens, as the large providers do."""

    @property
    def tls_auth(self) -> SASLAuth:
        """The authentication mechanisms."""
        return SASLAuth.named([b"PLAIN", b"XOAUTH2"])


class TokenLogin(Login):
    """Accepts one token, besides passwords."""

    def __init__(self, config: Config, token: str, signed_in: list[str]) -> None:
        super().__init__(config)
        self._token, self._signed_in = token, signed_in

    async def authenticate(self, credentials: ServerCredentials) -> Identity:
        """Sign in with the token or the password."""
        self._signed_in.append(credentials.authcid)
        if not isinstance(credentials, ExternalCredentials):
            return await super().authenticate(credentials)
        try:
            credentials.verify(None)
        except ExternalVerificationRequired as asked:
            if asked.token == self._token:
                return Identity(credentials.authzid, self, None, frozenset())
        raise InvalidAuth()


@dataclass(frozen=True)
class ImapServer:
    """URL of the server, and access to its mailbox."""

    port: int
    starttls: bool
    authority: str
    signed_in: list[str]

    @property
    def url(self) -> str:
        """URL with the password."""
        scheme = "imap+tls" if self.starttls else "imaps"
        return f"{scheme}://{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@localhost:{self.port}/{FOLDER}"

    @contextmanager
    def opened(self) -> Iterator[IMAPClient]:
        """A second connection to the mailbox, as from another program."""
        trusted = ssl.create_default_context(cafile=self.authority)
        with IMAPClient("localhost", self.port, ssl=not self.starttls, ssl_context=trusted) as client:
            if self.starttls:
                client.starttls(trusted)
            client.login(USER, PASSWORD)
            client.select_folder(FOLDER)
            yield client

    def deliver(self, messages: Iterable[bytes]) -> None:
        """Deliver messages, as the receiving mail server does."""
        with self.opened() as client:
            client.multiappend(FOLDER, list(messages))

    @property
    def messages(self) -> list[bytes]:
        """All messages in the mailbox."""
        with self.opened() as client:
            found = client.fetch(client.search(), ["BODY.PEEK[]"])
        return [found[uid][b"BODY[]"] for uid in sorted(found)]

    @property
    def seen(self) -> int:
        """Number of messages marked as seen."""
        with self.opened() as client:
            return len(client.search("SEEN"))


@contextmanager
def imap_server(folder: Path, *, starttls: bool = False, tls: bool = True, token: str = "") -> Iterator[ImapServer]:
    """Run a server in a thread; with `token` it takes this access token, too, without `tls` it offers none."""
    public, private = certificate(folder, "localhost")
    offered = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    offered.load_cert_chain(public, private)
    signed_in: list[str] = []
    port, ready, stopping = free_port(), Event(), asyncio.Event()
    logging.getLogger("pymap").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        arguments = Namespace(
            host="127.0.0.1",
            port=port,
            debug=False,
            cert=None,
            key=None,
            tls=starttls,
            demo_data=False,
            demo_user=USER,
            demo_password=PASSWORD,
            passlib_cfg=None,
            proxy_protocol=None,
        )
        config = TokenConfig.from_args(arguments, ssl_context=offered, invalid_user_sleep=0.0)
        login = TokenLogin(config, token, signed_in)
        await DictBackend._add_demo_user(config, login)
        config.apply_context()
        answer = ProxyProtocolReader(ProxyProtocolNoop()).get_callback(IMAPServer(login, config))
        async with await asyncio.start_server(answer, "127.0.0.1", port, ssl=None if starttls or not tls else offered):
            ready.set()
            await stopping.wait()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    thread = Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield ImapServer(port, starttls or not tls, str(public), signed_in)
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(20)
        loop.close()
