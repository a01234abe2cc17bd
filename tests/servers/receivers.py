"""Real receivers of pages on loopback: HTTP and mail. They misbehave when they are told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from aiosmtpd.controller import Controller

from tests.servers.process import free_port


@dataclass
class Post:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """How to answer; ``after`` seconds of silence come first."""

    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0


class HttpReceiver:
    """Takes POSTs; ``reply`` decides each answer."""

    def __init__(self, reply: Callable[[Post], Reply] = lambda _post: Reply()) -> None:
        receiver = self
        self.posts: list[Post] = []
        self.reply = reply
        self.stopping = threading.Event()
        self._news = threading.Condition()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                post = Post(self.path, dict(self.headers.items()), body, time.time())
                with receiver._news:
                    receiver.posts.append(post)
                    receiver._news.notify_all()
                reply = receiver.reply(post)
                receiver.stopping.wait(reply.after)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A sender that is killed breaks off; that is no news."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def wait(self, count: int, timeout: float = 10) -> list[Post]:
        """Wait until so many have come; gives what has come."""
        with self._news:
            self._news.wait_for(lambda: len(self.posts) >= count, timeout)
            return list(self.posts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()


class MailReceiver:
    """Takes mail; ``answer`` is what it says to each message."""

    def __init__(self, answer: str = "250 taken") -> None:
        receiver = self
        self.messages: list[Message] = []
        self.answer = answer
        self._news = threading.Condition()

        class Handler:
            async def handle_DATA(  # noqa: N802 - as aiosmtpd calls it
                self, _server: Any, _session: Any, envelope: Any
            ) -> str:
                with receiver._news:
                    receiver.messages.append(message_from_bytes(envelope.content))
                    receiver._news.notify_all()
                return receiver.answer

        self._controller = Controller(Handler(), hostname="127.0.0.1", port=free_port())

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._controller.port}"

    def wait(self, count: int, timeout: float = 10) -> list[Message]:
        """Wait until so many have come; gives what has come."""
        with self._news:
            self._news.wait_for(lambda: len(self.messages) >= count, timeout)
            return list(self.messages)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()
