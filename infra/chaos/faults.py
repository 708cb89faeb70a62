"""A bad line to the cloud: a loopback proxy that passes AWS calls on and spoils a share of them.

    our process ──▶ proxy ──▶ emulator

    throttle   not passed on; answered as the service answers when it is asked too much
    error      not passed on; answered with 500
    reset      passed on and done; the connection is reset in the place of the answer
    slow       passed on; the answer comes late
    half       passed on and done; the answer breaks off in the middle

Nothing in the product knows of it: it stands where `AWS_ENDPOINT_URL` points.
"""

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections import Counter
from typing import NamedTuple

KINDS = ("throttle", "error", "reset", "slow", "half")
SERVICES = ("s3", "dynamodb", "stepfunctions", "lambda")
SLOW_SECONDS = 1.0
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>Injected.</Message></Error>'
JSON = '{{"__type":"{code}","message":"Injected."}}'


class Answer(NamedTuple):
    status: int
    code: str


# How each service says that it is asked too much, and that it failed.
THROTTLED = {
    "s3": Answer(503, "SlowDown"),
    "dynamodb": Answer(400, "ProvisionedThroughputExceededException"),
    "stepfunctions": Answer(400, "ThrottlingException"),
    "lambda": Answer(429, "TooManyRequestsException"),
}
FAILED = {
    "s3": Answer(500, "InternalError"),
    "dynamodb": Answer(500, "InternalServerError"),
    "stepfunctions": Answer(500, "InternalFailure"),
    "lambda": Answer(500, "ServiceException"),
}


class Request(NamedTuple):
    """A request as it came; `head` ends with the empty line."""

    head: bytes
    body: bytes

    @property
    def service(self) -> str | None:
        """Which of the four services is meant; None for any other."""
        target = header(self.head, b"x-amz-target")
        if target:
            return {b"DynamoDB_20120810": "dynamodb", b"AWSStepFunctions": "stepfunctions"}.get(target.split(b".")[0])
        path = self.head.split(b" ", 2)[1]
        if path.startswith(b"/2015-03-31/functions/"):
            return "lambda"
        return "s3" if b"/s3/aws4_request" in header(self.head, b"authorization") else None


def header(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n")[1:]:
        found, _, value = line.partition(b":")
        if found.strip().lower() == name:
            return value.strip()
    return b""


class FaultProxy:
    """Listens on a free loopback port as soon as it is made. `rate` and `upstream_port` may be changed at any time."""

    def __init__(self, *, seed: int, rate: float = 0.0, kinds: tuple[str, ...] = KINDS, slow_seconds: float = SLOW_SECONDS) -> None:
        self.rate = rate
        self.kinds = kinds
        self.slow_seconds = slow_seconds
        self.upstream_port = 0
        self.calls = 0
        self.injected: Counter[tuple[str, str]] = Counter()
        self._chance = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, name="faults", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._listener.close()

    def _serve(self) -> None:
        self._loop.run_until_complete(asyncio.start_server(self._connection, sock=self._listener))
        self._loop.run_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection: what a fault leaves behind must not reach the next request."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            request = await _read(reader, writer)
            service = request.service
            if service is None:
                writer.write(await self._pass_on(request))
            else:
                self.calls += 1
                await self._answer(request, service, self._choose(service), writer)
            await writer.drain()
        writer.close()

    def _choose(self, service: str) -> str | None:
        if self._chance.random() >= self.rate:
            return None
        kind = self._chance.choice(self.kinds)
        self.injected[service, kind] += 1
        return kind

    async def _answer(self, request: Request, service: str, fault: str | None, writer: asyncio.StreamWriter) -> None:
        if fault in ("throttle", "error"):
            writer.write(_refusal(service, (THROTTLED if fault == "throttle" else FAILED)[service]))
            return
        answer = await self._pass_on(request)
        if fault == "reset":
            _reset(writer)
        elif fault == "half":
            writer.write(_first_half(answer))
        else:
            await asyncio.sleep(self.slow_seconds if fault == "slow" else 0)
            writer.write(answer)

    async def _pass_on(self, request: Request) -> bytes:
        """The emulator's whole answer, as bytes. A connection to it is made and ended for each."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        try:
            writer.write(_once(request.head) + request.body)
            await writer.drain()
            return await reader.read()
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request:
    head = await reader.readuntil(b"\r\n\r\n")
    if header(head, b"expect").lower() == b"100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
    if header(head, b"transfer-encoding").lower() == b"chunked":
        return Request(head, await _chunks(reader))
    return Request(head, await reader.readexactly(int(header(head, b"content-length") or b"0")))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """A chunked body, with its chunk lines: it is passed on as it came."""
    parts = []
    while True:
        line = await reader.readuntil(b"\r\n")
        parts.append(line)
        size = int(line.split(b";")[0], 16)
        parts.append(await reader.readexactly(size + 2))
        if size == 0:
            return b"".join(parts)


def _once(head: bytes) -> bytes:
    """The head for a connection that takes one request; the body is there, so nobody has to be asked whether it may come."""
    lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    kept = [line for line in lines if line.split(b":")[0].strip().lower() not in (b"connection", b"expect")]
    return b"\r\n".join([*kept, b"connection: close", b"", b""])


def _refusal(service: str, answer: Answer) -> bytes:
    text = (XML if service == "s3" else JSON).format(code=answer.code).encode()
    lines = [
        f"HTTP/1.1 {answer.status} Injected",
        f"content-type: {'application/xml' if service == 's3' else 'application/x-amz-json-1.0'}",
        f"content-length: {len(text)}",
        f"x-amzn-errortype: {answer.code}",
        "connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + text


def _first_half(answer: bytes) -> bytes:
    """The head and half the body; half the head where there is no body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n" + body[: len(body) // 2] if body else head[: len(head) // 2]


def _reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with RST instead of FIN."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
