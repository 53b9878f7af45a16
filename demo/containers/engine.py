"""Where do the containers run? A Docker engine of its own, in a network namespace of its own, without a registry.

Everything the engine does to the network (bridges, address translation, published ports) stays inside the namespace.
Its socket is a file below one folder, and `door.py` leads from the host's loopback to a port that a container
publishes. The one image is made of links: containers mount this machine's /usr and run the programs installed here.

`ip netns exec` would not do: it mounts /sys anew, and the engine then misses its control groups.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from secrets import token_hex

IMAGE = "hostroot:lab"
START_WITHIN_S = 60.0
STOP_WITHIN_S = 20.0
LONGEST_FOLDER = 80
"""A unix socket's path has room for about 104 characters."""

_LINKS = ("bin", "lib", "lib64", "sbin")
_FOLDERS = ("etc", "tmp", "var/lib", "var/log", "proc", "sys", "dev", "usr", "root", "run", "srv")
_ETC = ("passwd", "group", "nsswitch.conf", "ld.so.cache", "ld.so.conf", "alternatives")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class EngineBroken(Exception):
    """The engine did not do what it was told: the message holds its own words."""


def missing() -> str:
    """What keeps this machine from running an engine, as a sentence; "" where nothing does."""
    if sys.platform != "linux":
        return "network namespaces need Linux"
    if os.geteuid() != 0:
        return "an engine of its own needs root"
    without = [name for name in ("dockerd", "docker", "ip", "nsenter") if shutil.which(name) is None]
    if _compose() is None:
        without.append("docker-compose")
    return f"not installed: {', '.join(without)} (make setup-real)" if without else ""


class Engine:
    """One engine with its data below `folder`, gone with `stop`."""

    def __init__(self, folder: Path) -> None:
        if len(str(folder)) > LONGEST_FOLDER:
            raise EngineBroken(
                f"{folder} is too long a path for a unix socket below it; set TMPDIR to a shorter one"
            )
        self.folder = folder
        self.namespace = f"tocsin-{token_hex(4)}"
        self.log = folder / "engine.log"
        self._daemon: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What `docker` and `docker compose` need to speak to this engine and to no other."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "DOCKER_HOST": f"unix://{self.folder}/docker.sock",
            "DOCKER_CONFIG": str(self.folder / "config"),
        }

    @property
    def namespace_file(self) -> Path:
        """The network namespace, as `setns` takes it."""
        return Path("/var/run/netns") / self.namespace

    def start(self) -> None:
        """Makes the namespace, starts the engine, brings the image. Raises EngineBroken."""
        plugins = self.folder / "config" / "cli-plugins"
        plugins.mkdir(parents=True)
        compose = _compose()
        if compose is None:
            raise EngineBroken("docker-compose is not installed")
        (plugins / "docker-compose").symlink_to(compose)
        _run(["ip", "netns", "add", self.namespace])
        _run(["ip", "-n", self.namespace, "link", "set", "lo", "up"])
        options = {
            "-H": self.environment["DOCKER_HOST"],
            "--data-root": f"{self.folder}/data",
            "--exec-root": f"{self.folder}/exec",
            "--pidfile": f"{self.folder}/docker.pid",
            "--bip": "10.213.0.1/24",
            "--default-address-pool": "base=10.214.0.0/16,size=24",
        }
        with self.log.open("wb") as log:
            self._daemon = subprocess.Popen(
                [
                    *("nsenter", f"--net={self.namespace_file}", "dockerd"),
                    *(word for option in options.items() for word in option),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_WITHIN_S
        while self.docker("version").returncode:
            if time.monotonic() > deadline or self._daemon.poll() is not None:
                raise EngineBroken(f"the engine did not start:\n{self._last_words()}")
            time.sleep(0.1)
        self._bring_image()

    def docker(self, *words: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Runs `docker words…` against this engine."""
        return subprocess.run(
            ["docker", *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def stop(self) -> None:
        """Ends every container and the engine, and takes its namespace and its folder away."""
        if self._daemon is not None and self._daemon.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                left = self.docker("ps", "--all", "--quiet").stdout.split()
                if left:
                    self.docker("rm", "--force", "--volumes", *left)
            self._daemon.terminate()
            try:
                self._daemon.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._daemon.kill()
                self._daemon.wait()
        self._daemon = None
        subprocess.run(["ip", "netns", "delete", self.namespace], capture_output=True, check=False)
        for mounted in _mounts_below(self.folder):
            subprocess.run(["umount", "--lazy", mounted], capture_output=True, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _bring_image(self) -> None:
        with tempfile.NamedTemporaryFile(suffix=".tar") as file:
            _write_image(Path(file.name))
            done = self.docker("import", "-c", f"ENV PATH={_PATH}", "-c", 'CMD ["sh"]', file.name, IMAGE)
        if done.returncode:
            raise EngineBroken(f"the image could not be brought in: {done.stderr}")

    def _last_words(self, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def _write_image(file: Path) -> None:
    """A root of links and empty folders; what is linked to comes with the mount of /usr."""
    with tempfile.TemporaryDirectory() as made, tarfile.open(file, "w") as tar:
        root = Path(made)
        for name in _FOLDERS:
            (root / name).mkdir(parents=True, exist_ok=True)
        for name in _LINKS:
            (root / name).symlink_to(f"usr/{name}")
        for name in _ETC:
            source = Path("/etc") / name
            if source.is_dir():
                shutil.copytree(source, root / "etc" / name, symlinks=True)
            elif source.exists():
                shutil.copy(source, root / "etc" / name)
        (root / "tmp").chmod(0o1777)
        tar.add(root, arcname=".")


def _compose() -> str | None:
    """The compose plugin: the wheel puts it beside the interpreter."""
    beside = Path(sys.executable).parent / "docker-compose"
    return str(beside) if beside.exists() else shutil.which("docker-compose")


def _mounts_below(folder: Path) -> list[str]:
    """What the engine left mounted, the innermost first."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    mounted = [line.split()[1] for line in lines]
    return sorted((each for each in mounted if each.startswith(f"{folder}/")), key=len, reverse=True)


def _run(words: list[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EngineBroken(f"{' '.join(words)}: {done.stderr.strip()}")
