"""A real Redis, or Sentinel, for the tests: Debian's program, see scripts/tools/servers.sh."""

import secrets
import shutil
import signal
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self

import pytest
import redis

from tests.servers import programs
from tests.servers.process import Process, free_port, plain_environment, wait_until


class Redis:
    """One Redis of its own on 127.0.0.1, with a password; it keeps nothing on disk."""

    def __init__(self, folder: Path, *options: str, tls: bool = False) -> None:
        self.folder = folder
        self.port = 0
        self.password = secrets.token_urlsafe(12)
        self.tls = tls
        self._options = list(options)
        self._process: Process | None = None
        if tls:
            self.ca = make_certificate(folder)

    @property
    def url(self) -> str:
        scheme = "rediss" if self.tls else "redis"
        return f"{scheme}://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def settings(self) -> dict[str, str]:
        """The settings with which Quadra uses it."""
        return {"REDIS_ENABLED": "true", "REDIS_URL": self.url}

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self) -> Self:
        """Start it, or start it again on the port that it had, empty."""
        self.port = self.port or free_port()
        port = ["--port", str(self.port)]
        if self.tls:
            files = {name: str(self.folder / f"redis.{name}") for name in ("crt", "key")}
            port = [
                "--port", "0",
                "--tls-port", str(self.port),
                "--tls-cert-file", files["crt"],
                "--tls-key-file", files["key"],
                "--tls-ca-cert-file", files["crt"],
                "--tls-auth-clients", "no",
            ]  # fmt: skip
        program = programs.redis_server()
        self._process = Process(
            [
                program, *port,
                "--bind", "127.0.0.1",
                "--requirepass", self.password,
                "--masterauth", self.password,
                "--save", "",
                "--repl-diskless-sync-delay", "0",
                *self._options,
            ],
            log=self.folder / f"redis-{self.port}.log",
            env=plain_environment(**programs.library_path(program)),
            cwd=self.folder,
        )  # fmt: skip
        self._process.wait_for_line("Ready to accept connections", timeout=20)
        return self

    def stop(self) -> None:
        if self._process is not None:
            process, self._process = self._process, None
            process.close()

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send(number)

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Let it hang: connections are taken and nothing is answered."""
        self.send(signal.SIGSTOP)
        try:
            yield
        finally:
            self.send(signal.SIGCONT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class Sentinels:
    """One master, two replicas and three sentinels that decide within about a second."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nodes: list[Redis] = []
        self.ports: list[int] = []
        self._sentinels: list[Process] = []

    @property
    def settings(self) -> dict[str, str]:
        return {
            "REDIS_ENABLED": "true",
            "REDIS_USE_SENTINEL": "true",
            "REDIS_SENTINEL_HOSTS": ",".join(f"127.0.0.1:{port}" for port in self.ports),
            "REDIS_PASSWORD": self.nodes[0].password,
        }

    def master(self) -> Redis:
        """Give the node that the sentinels now take for the master."""
        with redis.Redis(port=self.ports[0], socket_timeout=1, decode_responses=True) as client:
            found: Any = client.sentinel_get_master_addr_by_name("mymaster")
        return next(node for node in self.nodes if node.port == int(found[1]))

    def start(self) -> Self:
        master = self._add_node()
        for _ in range(2):
            node = self._add_node("--replicaof", f"127.0.0.1 {master.port}")
            assert wait_until(partial(self._is_in_step, node), timeout=20)
        for _ in range(3):
            self._add_sentinel(master)
        assert wait_until(self._know_each_other, timeout=20, every=0.1)
        return self

    def _add_node(self, *options: str) -> Redis:
        node = Redis(self.folder, *options)
        if self.nodes:
            node.password = self.nodes[0].password
        self.nodes.append(node)
        return node.start()

    def _is_in_step(self, node: Redis) -> bool:
        with redis.Redis(port=node.port, password=node.password, decode_responses=True) as client:
            state: Any = client.info("replication")
            return bool("up" == state.get("master_link_status"))

    def _add_sentinel(self, master: Redis) -> None:
        port = free_port()
        config = self.folder / f"sentinel-{port}.conf"
        config.write_text(
            f"port {port}\nbind 127.0.0.1\n"
            f"sentinel monitor mymaster 127.0.0.1 {master.port} 2\n"
            f"sentinel auth-pass mymaster {master.password}\n"
            "sentinel down-after-milliseconds mymaster 800\n"
            "sentinel failover-timeout mymaster 3000\n"
        )
        program = programs.redis_server()
        process = Process(
            [program, config, "--sentinel"],
            log=self.folder / f"sentinel-{port}.log",
            env=plain_environment(**programs.library_path(program)),
            cwd=self.folder,
        )
        process.wait_for_line("monitor master mymaster", timeout=20)
        self.ports.append(port)
        self._sentinels.append(process)

    def _know_each_other(self) -> bool:
        for port in self.ports:
            with redis.Redis(port=port, decode_responses=True) as client:
                state: Any = client.sentinel_master("mymaster")
                if (2, 2) != (state["num-other-sentinels"], state["num-slaves"]):
                    return False
        return True

    def stop(self) -> None:
        for process in self._sentinels:
            process.close()
        for node in self.nodes:
            node.stop()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()


def make_certificate(folder: Path) -> Path:
    """Make a certificate for 127.0.0.1 that vouches for itself; give its file."""
    certificate = folder / "redis.crt"
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not here")
    subprocess.run(
        [
            openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", str(folder / "redis.key"), "-out", str(certificate),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    ssl.create_default_context(cafile=certificate)  # says at once what is wrong with it
    return certificate


@contextmanager
def redis_server(*, tls: bool = False) -> Iterator[Redis]:
    """Give a new Redis; nothing of it is left afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="quadra-redis-") as folder,
        Redis(Path(folder), tls=tls) as running,
    ):
        yield running
