"""The one origin people use: the canvas, the API, predictions, and presigned addresses. Loopback only.

    /api/…          the Chalice app, through `chalice.local.LocalGateway` (authorizer and middleware included)
    /predict/{id}   the serving function, one hop, as API Gateway would call it; /predict/{id}/feedback, too
    /s3/…           presigned addresses, verified
    anything else   the built canvas

Signing in is automatic for the browser on this machine: the page sets a session cookie, and a request that carries it is given the built-in user's token,
so the code behind is the one that runs in AWS. A second, inner port takes what the emulator sends to the platform function.
"""

import http.client
import json
import logging
import mimetypes
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from chalice.config import Config
from chalice.local import ChaliceRequestHandler, LambdaContext, LocalGateway, LocalGatewayException, RouteMatcher, create_local_server
from ulid import ULID

from chalicelib import settings
from chalicelib.limits import BODY_MAX_BYTES
from infra.local.layout import ROOT, SERVING, Layout, Ports
from infra.local.storage_proxy import Denied, verify

LOG = logging.getLogger("flowza.server")
CANVAS = ROOT / "frontend" / "dist"
DRAIN_MAX_BYTES = 64 * 2**20
COOKIE = "flowza_session"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# What lies behind the id of an endpoint, and the resource that API Gateway calls it.
PREDICTIONS = {"": "/predict/{endpoint}", "feedback": "/predict/{endpoint}/feedback"}
# What the gateway refuses by itself, as the gateway responses of `infra/resources.yaml` say it in AWS.
REFUSALS = {
    (401, "UnauthorizedException"): (401, "auth-required", "Sign in first.", "Send a token: Authorization: Bearer fz_…"),
    (403, "AccessDeniedException"): (401, "auth-invalid", "The token is not valid (any more).", "Make a new one."),
    (403, "UnauthorizedException"): (404, "route-unknown", "There is nothing at this address.", "See /api/openapi.json."),
}


class Secrets(NamedTuple):
    session: str
    token: str
    storage: str


class DecodingMatcher(RouteMatcher):
    """Path parameters arrive decoded, as API Gateway hands them over."""

    def match_route(self, url: str) -> Any:
        found = super().match_route(url)
        return found._replace(captured={name: unquote(value) for name, value in found.captured.items()})


def make_gateway() -> LocalGateway:
    import app as application

    config = Config.create(project_dir=str(ROOT), app_name="flowza", chalice_stage="local", lambda_timeout=60)
    # Wanted for its side effect: it makes the app's current request a thread's own.
    create_local_server(application.app, config, "127.0.0.1", 0).server.server_close()
    gateway = LocalGateway(application.app, config)
    gateway.event_converter._route_matcher = DecodingMatcher(list(application.app.routes))
    return gateway


class Handler(ChaliceRequestHandler):
    """One connection. Headers and body leave in one write: two small ones would wait 40 ms for each other's acknowledgement."""

    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 120

    def __init__(self, request: Any, address: Any, server: Any, *, layout: Layout, gateway: LocalGateway, secrets: Secrets) -> None:
        self.layout, self.local_gateway, self.secrets = layout, gateway, secrets
        BaseHTTPRequestHandler.__init__(self, request, address, server)

    def _generic_handle(self) -> None:
        path = urlsplit(self.path).path
        if not self._is_from_here():
            return
        if path.startswith("/s3/"):
            self._storage()
        elif self._length() > BODY_MAX_BYTES:
            self.close_connection = True
            self._drain()
            self._problem(
                413, "too-large", f"The body has {self._length():,} bytes; the limit is {BODY_MAX_BYTES:,}.", "Upload files as a dataset."
            )
        elif path.startswith("/predict/"):
            self._predict(path.removeprefix("/predict/"))
        elif path.startswith("/api/") or path == "/api":
            self._api()
        elif self.command in ("GET", "HEAD"):
            self._canvas(path)
        else:
            self.close_connection = True
            self._problem(405, "method-not-allowed", f"{self.command} is not offered here.", None)
        self.wfile.flush()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = do_OPTIONS = _generic_handle  # noqa: N815 the base class's spelling

    # -- who is asking ------------------------------------------------------------------------------------------------

    def _is_from_here(self) -> bool:
        """Only this machine's own names are answered (DNS rebinding), and only our own pages may change anything (cross-site requests)."""
        port = self.layout.ports.public
        host = self.headers.get("host", "")
        if host not in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"):
            self.close_connection = True
            self._problem(421, "host-not-allowed", "This server answers to its own name only.", f"Open {self.layout.url}.")
            self.wfile.flush()
            return False
        origin = self.headers.get("origin")
        if origin is not None and origin != self.layout.url and self.command not in ("GET", "HEAD"):
            self.close_connection = True
            self._problem(403, "origin-not-allowed", "Requests from other pages are not taken.", f"Open {self.layout.url}.")
            self.wfile.flush()
            return False
        return True

    def _sign_in(self) -> None:
        """Give a request with our session cookie the built-in user's token."""
        cookie: SimpleCookie = SimpleCookie()
        cookie.load(self.headers.get("cookie", ""))
        if COOKIE in cookie and "authorization" not in self.headers and cookie[COOKIE].value == self.secrets.session:
            self.headers["authorization"] = f"Bearer {self.secrets.token}"

    def _length(self) -> int:
        try:
            return max(0, int(self.headers.get("content-length", "0")))
        except ValueError:
            return BODY_MAX_BYTES + 1

    def _drain(self) -> None:
        """Read a refused body away, so that the client hears the answer; one without end is cut off."""
        left = min(self._length(), DRAIN_MAX_BYTES)
        while left > 0 and (piece := self.rfile.read(min(left, 2**16))):
            left -= len(piece)

    # -- what is asked for --------------------------------------------------------------------------------------------

    def _api(self) -> None:
        self._sign_in()
        super()._generic_handle()

    def _send_error_response(self, error: LocalGatewayException) -> None:
        kind = (error.CODE, str(error.headers.get("x-amzn-ErrorType")))
        self._problem(*REFUSALS.get(kind, (error.CODE, "gateway", "The request was refused.", None)))

    def _predict(self, place: str) -> None:
        body = self.rfile.read(self._length()).decode("utf-8", "replace")
        endpoint, _, more = place.partition("/")
        if more not in PREDICTIONS:
            self._problem(*REFUSALS[403, "UnauthorizedException"])
            return
        if self.command != "POST":
            self._problem(405, "method-not-allowed", "Predictions are asked for with POST.", None)
            return
        event = {
            "httpMethod": "POST",
            "resource": PREDICTIONS[more],
            "path": self.path,
            "pathParameters": {"endpoint": unquote(endpoint)},
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body,
            "isBase64Encoded": False,
        }
        try:
            reply = self.server.invoke(SERVING, event)
            self._send(reply["statusCode"], reply["headers"], reply["body"].encode())
        except (OSError, http.client.HTTPException, BotoCoreError, ClientError, KeyError, ValueError):
            self._problem(503, "serving-unavailable", "The serving function does not answer yet.", "Try again in a moment.")

    def _storage(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            verify(self.command if self.command != "HEAD" else "GET", self.path, headers, self.secrets.storage)
        except Denied as denied:
            self.close_connection = True
            self._problem(403, "address-denied", str(denied), "Ask for a new address.")
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.layout.ports.emulator, timeout=120)
        length = self._length()
        try:
            path = urlsplit(self.path).path.removeprefix("/s3")
            connection.request(
                self.command, path, body=_Limited(self.rfile, length) if length else None, headers={"content-length": str(length)}
            )
            reply = connection.getresponse()
            kept = {name: value for name, value in reply.getheaders() if name.lower() in ("content-type", "etag", "last-modified")}
            self._send(reply.status, {**kept, "Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}, reply.read())
        finally:
            connection.close()

    def _canvas(self, path: str) -> None:
        """A file of the built canvas; any other path is the page itself, which routes in the browser."""
        if self.headers.get("host", "").startswith(("localhost:", "[::1]:")):
            self._send(302, {"Location": self.layout.url + self.path}, b"")
            return
        file = (CANVAS / unquote(path).lstrip("/")).resolve()
        if not (file.is_relative_to(CANVAS) and file.is_file()):
            file = CANVAS / "index.html"
        if not file.is_file():
            self._send(503, {"Content-Type": "text/plain; charset=utf-8"}, b"The canvas is not built. Run: make run\n")
            return
        headers = {"Content-Type": mimetypes.guess_type(file.name)[0] or "application/octet-stream", "X-Content-Type-Options": "nosniff"}
        if file.name == "index.html":
            cookie = f"{COOKIE}={self.secrets.session}; Path=/; HttpOnly; SameSite=Strict"
            headers |= {
                "Content-Security-Policy": POLICY,
                "Cache-Control": "no-cache",
                "Referrer-Policy": "no-referrer",
                "Set-Cookie": cookie,
            }
        else:
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        self._send(200, headers, file.read_bytes())

    # -- answering ----------------------------------------------------------------------------------------------------

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _problem(self, status: int, code: str, detail: str, hint: str | None) -> None:
        body = {
            "type": f"urn:flowza:problem:{code}",
            "title": "Refused",
            "status": status,
            "code": code,
            "detail": detail,
            "field": None,
            "hint": hint,
        }
        request = str(ULID())
        text = json.dumps({**body, "request_id": request, "errors": []}).encode()
        self._send(status, {"Content-Type": "application/problem+json", "X-Request-Id": request}, text)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Quiet: what matters is in the answers and in the node runs."""


class _Limited:
    """A body of known length, read as it comes: an upload is never whole in memory here."""

    def __init__(self, stream: Any, left: int) -> None:
        self.stream, self.left = stream, left

    def read(self, size: int = -1) -> bytes:
        wanted = self.left if size < 0 else min(size, self.left)
        data: bytes = self.stream.read(wanted) if wanted else b""
        self.left -= len(data)
        return data


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def __init__(self, address: Any, handler: Any, invoke: Callable[[str, Any], Any]) -> None:
        super().__init__(address, handler)
        self.invoke = invoke

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            LOG.exception("request failed")


def invoke_by_api(function: str, event: Any) -> Any:
    """Invoke a function that runs in containers, as API Gateway does. Raises `ValueError` where it fails."""
    answer = settings.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    body = answer["Payload"].read()
    if answer.get("FunctionError"):
        raise ValueError(body[:200])
    return json.loads(body)


class Pool:
    """The warm workers, over connections that each thread keeps."""

    def __init__(self, port: int) -> None:
        self._pool_port = port
        self._own = threading.local()

    def invoke(self, function: str, event: Any) -> Any:
        data = json.dumps(event).encode()
        headers = {"Content-Type": "application/json", "X-Amzn-Lambda-Function-Name": function}
        for attempt in (1, 2):
            connection = getattr(self._own, "connection", None)
            if connection is None:
                connection = self._own.connection = http.client.HTTPConnection("127.0.0.1", self._pool_port, timeout=60)
            try:
                connection.request("POST", "/", data, headers)
                reply = connection.getresponse()
                body = reply.read()
                if reply.status != 200:
                    raise ValueError(body[:200])
                return json.loads(body)
            except (OSError, http.client.HTTPException):
                connection.close()
                self._own.connection = None
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")


def platform_server(port: int) -> ThreadingHTTPServer:
    """Takes what the emulator sends to the platform function."""
    import app as application

    class Platform(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            event = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"null")
            try:
                status, body = 200, application.platform(event, LambdaContext("platform", 1024, 60_000))
            except Exception as error:
                LOG.exception("platform function failed")
                status, body = 500, {"errorType": type(error).__name__, "errorMessage": str(error)[:500]}
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            self.wfile.flush()

        def log_message(self, *arguments: Any) -> None:
            pass

    ThreadingHTTPServer.request_queue_size = 128
    server = ThreadingHTTPServer(("127.0.0.1", port), Platform)
    server.daemon_threads = True
    return server


def main() -> None:
    """`python -m infra.local.server STATE PUBLIC EMULATOR POOL PLATFORM`."""
    from infra.local import containers, lifeline

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    lifeline.hold()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    layout = Layout(Path(sys.argv[1]), Ports(*map(int, sys.argv[2:6])))
    secrets = Secrets(*(layout.secret(name) for name in ("session", "token", "storage")))
    handler = partial(Handler, layout=layout, gateway=make_gateway(), secrets=secrets)
    inner = platform_server(layout.ports.platform)
    threading.Thread(target=inner.serve_forever, name="platform", daemon=True).start()
    invoke = invoke_by_api if containers.load() else Pool(layout.ports.pool).invoke
    Server(("127.0.0.1", layout.ports.public), handler, invoke).serve_forever()


if __name__ == "__main__":
    main()
