"""nginx and HAProxy with the configurations that `deploy/` gives to users, on ports of the test."""

import re
import subprocess
from pathlib import Path
from typing import Self

from tests.servers import programs
from tests.servers.process import REPOSITORY, Process, free_port, plain_environment, wait_until

NGINX = REPOSITORY / "deploy/nginx/quadra.conf"
HAPROXY = REPOSITORY / "deploy/haproxy/haproxy.cfg"
_UPSTREAMS = ("127.0.0.1:5001", "127.0.0.1:5002")


def _pointed_at(text: str, ports: tuple[int, int], listen: tuple[str, str]) -> str:
    """Put the test's ports in the place of the file's; nothing else may differ."""
    for before, port in zip(_UPSTREAMS, ports, strict=True):
        assert before in text
        text = text.replace(before, f"127.0.0.1:{port}")
    assert listen[0] in text
    return text.replace(*listen)


class _Proxy:
    """A proxy in front of two processes."""

    name = ""

    def __init__(self, folder: Path, ports: tuple[int, int]) -> None:
        self.folder = folder
        self.port = free_port()
        self.config = folder / f"{self.name}.conf"
        self._process: Process | None = None
        self.config.write_text(self.configuration(ports))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def configuration(self, ports: tuple[int, int]) -> str:
        raise NotImplementedError

    def program(self) -> Path:
        raise NotImplementedError

    def command(self) -> list[str | Path]:
        raise NotImplementedError

    def check(self) -> subprocess.CompletedProcess[str]:
        """Have the program judge the configuration."""
        raise NotImplementedError

    def _run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        program = self.program()
        return subprocess.run(
            [program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=plain_environment(**programs.library_path(program)),
        )

    def __enter__(self) -> Self:
        program = self.program()
        self._process = Process(
            self.command(),
            log=self.folder / f"{self.name}.log",
            env=plain_environment(**programs.library_path(program)),
            cwd=self.folder,
        )
        assert wait_until(self._listens, timeout=10), self._process.output
        return self

    def _listens(self) -> bool:
        import socket  # noqa: PLC0415 - only here

        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.close()


class Nginx(_Proxy):
    """nginx in the foreground, all its files in the test's folder."""

    name = "nginx"

    def program(self) -> Path:
        return programs.nginx()

    def configuration(self, ports: tuple[int, int]) -> str:
        ours = _pointed_at(
            NGINX.read_text(), ports, ("listen 80;", f"listen 127.0.0.1:{self.port};")
        )
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f"    {kind}_temp_path {self.folder}/{kind};\n" for kind in kinds)
        return (
            f"daemon off;\nmaster_process off;\npid {self.folder}/nginx.pid;\n"
            f"error_log {self.folder}/nginx-error.log warn;\n"
            "events { worker_connections 1024; }\n"
            f"http {{\n    access_log off;\n{temporary}{ours}}}\n"
        )

    def command(self) -> list[str | Path]:
        return [self.program(), "-e", self.folder / "nginx-error.log", "-c", self.config]

    def check(self) -> subprocess.CompletedProcess[str]:
        return self._run("-t", "-e", self.folder / "nginx-error.log", "-c", self.config)


class HAProxy(_Proxy):
    """HAProxy in the foreground."""

    name = "haproxy"

    def program(self) -> Path:
        return programs.haproxy()

    def configuration(self, ports: tuple[int, int]) -> str:
        text = _pointed_at(HAPROXY.read_text(), ports, ("bind :80", f"bind 127.0.0.1:{self.port}"))
        return re.sub(r"maxconn \d+", "maxconn 200", text)  # as files as a test may open

    def command(self) -> list[str | Path]:
        return [self.program(), "-db", "-f", self.config]

    def check(self) -> subprocess.CompletedProcess[str]:
        return self._run("-c", "-f", self.config)
