"""A fake server of a remote vendor: it answers after a fixed time and counts concurrent calls.

It returns canned responses; for everything else use the engine, which has state.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Reply:
    """A response."""

    body: bytes
    status: str = "200 OK"
    type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Mapping[str, str]], Reply]


def success(result: Any) -> Reply:
    """A successful envelope with `result`."""
    return Reply(json.dumps({"Meta": {"Status": "Success"}, "Result": result}).encode())


def failure(status: str, words: str = "", **headers: str) -> Reply:
    """An envelope of a failure."""
    meta = {"Status": "Error", "ErrorMessage": words}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(json.dumps({"Meta": meta}).encode(), status=status, headers=named)


class FakeServer:
    """A server with its own port and thread; a context manager."""

    def __init__(self, answer: Answer, *, delay: float = 0.0) -> None:
        self.answer, self.delay = answer, delay
        self.calls = self.flying = self.most = 0  # total, current, and maximum number of calls
        self.port = 0
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        """URL of the server."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").lower().split("\r\n")
                length = next((int(line[15:]) for line in lines if line.startswith("content-length:")), 0)
                asked = dict(parse_qsl((await reader.readexactly(length)).decode(), keep_blank_values=True))
                self.calls, self.flying = self.calls + 1, self.flying + 1
                self.most = max(self.most, self.flying)
                due = self._loop.time() + self.delay  # even if building the response takes part of that
                reply = self.answer(asked)
                await asyncio.sleep(due - self._loop.time())
                self.flying -= 1
                writer.write(_bytes(reply))
                await writer.drain()
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


def _bytes(reply: Reply) -> bytes:
    said = {"Content-Type": reply.type, "Content-Length": str(len(reply.body)), **reply.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return f"HTTP/1.1 {reply.status}\r\n{lines}\r\n".encode() + reply.body
