"""How does a request from this machine reach a port that lives in the engine's namespace? Through one process with a
foot on each side: it listens on the host's loopback, then enters the namespace, and connects from there.

`python -m demo.containers.door NAMESPACE_FILE HOST_PORT INNER_PORT`
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import socket
import sys
from pathlib import Path

_CLONE_NEWNET = 0x40000000
_CHUNK = 65_536


def main(namespace: str, host_port: int, inner_port: int) -> None:
    """Carries bytes until it is ended. A socket stays in the namespace in which it was made."""
    door = socket.create_server(("127.0.0.1", host_port), backlog=512)
    enter(Path(namespace))
    asyncio.run(_serve(door, inner_port))


def enter(namespace: Path) -> None:
    """From here on this thread's new sockets belong to the namespace. Raises OSError."""
    with namespace.open() as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), _CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


async def _serve(door: socket.socket, inner_port: int) -> None:
    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", inner_port)
        except OSError:
            writer.transport.abort()  # refused there, reset here
            return
        async with asyncio.TaskGroup() as both:
            both.create_task(_pour(reader, inner_writer))
            both.create_task(_pour(inner_reader, writer))

    server = await asyncio.start_server(carry, sock=door)
    await server.serve_forever()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
