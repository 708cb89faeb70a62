# ruff: noqa: E501, S104 addresses as an attacker writes them
"""The one door: what may be connected to, and that nothing else is ever connected to."""

import ipaddress
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from node_containers.connect import egress, web
from node_containers.nodes import notify
from node_containers.sdk import Context, Evaluation, NodeError


def answering(*addresses: str) -> Any:
    """A name server that gives these addresses."""
    return lambda host, port, **_: [
        (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses
    ]


# How the address is written, and what a name server would say to it (None: the system's own, which knows all spellings of a number).
ATTACKS: dict[str, tuple[str, int, Any, str]] = {
    "loopback": ("127.0.0.1", 443, None, "host-not-allowed"),
    "loopback, short": ("127.1", 443, None, "host-not-allowed"),
    "loopback, one number": ("2130706433", 443, None, "host-not-allowed"),
    "loopback, hexadecimal": ("0x7f000001", 443, None, "host-not-allowed"),
    "loopback, octal": ("0177.0.0.1", 443, None, "host-not-allowed"),
    "localhost": ("localhost", 443, None, "host-not-allowed"),
    "nobody": ("0.0.0.0", 443, None, "host-not-allowed"),
    "loopback, version 6": ("::1", 443, None, "host-not-allowed"),
    "mapped": ("::ffff:127.0.0.1", 443, None, "host-not-allowed"),
    "mapped metadata in brackets": ("[::ffff:a9fe:a9fe]", 80, None, "host-not-allowed"),
    "NAT64 metadata": ("64:ff9b::a9fe:a9fe", 80, None, "host-not-allowed"),
    "NAT64 local": ("64:ff9b:1::a00:1", 443, None, "host-not-allowed"),
    "6to4 private": ("2002:a00:1::", 443, None, "host-not-allowed"),
    "compatible": ("::a9fe:a9fe", 80, None, "host-not-allowed"),
    "metadata": ("169.254.169.254", 80, None, "host-not-allowed"),
    "metadata, version 6": ("fd00:ec2::254", 80, None, "host-not-allowed"),
    "task credentials": ("169.254.170.2", 80, None, "host-not-allowed"),
    "shared": ("100.64.0.1", 443, None, "host-not-allowed"),
    "private": ("10.0.0.7", 5432, None, "host-not-allowed"),
    "private by name": ("db.example.org", 5432, answering("192.168.1.7"), "host-not-allowed"),
    "public and private": ("both.example.org", 443, answering("93.184.216.34", "10.0.0.1"), "host-not-allowed"),
    "link-local with a zone": ("fe80::1%eth0", 443, None, "host-not-allowed"),
    "multicast": ("224.0.0.1", 443, None, "host-not-allowed"),
    "broadcast": ("255.255.255.255", 443, None, "host-not-allowed"),
    "port of mail": ("example.org", 25, answering("93.184.216.34"), "port-not-allowed"),
    "port of a shell": ("example.org", 22, answering("93.184.216.34"), "port-not-allowed"),
    "port of a cache": ("example.org", 6379, answering("93.184.216.34"), "port-not-allowed"),
    "a name with a line break": ("example.org\r\nHost: x", 443, answering("93.184.216.34"), "host-not-allowed"),
    "a name with a path": ("example.org/x", 443, answering("93.184.216.34"), "host-not-allowed"),
    "no such name": ("nowhere.invalid", 443, None, "host-unknown"),
}


@pytest.mark.parametrize(("host", "port", "resolve", "code"), ATTACKS.values(), ids=ATTACKS)
def test_what_is_not_public_is_never_connected_to(host: str, port: int, resolve: Any, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[Any] = []
    monkeypatch.setattr(egress.socket, "create_connection", lambda *place, **_: connected.append(place))
    with pytest.raises(NodeError) as refused:
        egress.connect(host, port, resolve=resolve or socket.getaddrinfo)
    assert refused.value.code == code
    assert refused.value.hint
    assert connected == []


def test_a_public_host_is_connected_to_by_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    connected: list[Any] = []
    monkeypatch.setattr(egress.socket, "create_connection", lambda place, **_: connected.append(place))
    egress.connect("rebinding.example.org", 443, resolve=lambda host, port, **_: answering(*answers.pop(0))(host, port))
    assert connected == [("93.184.216.34", 443)]
    assert len(answers) == 1, "the name was asked once"


def test_the_owner_can_open_an_inner_host_but_never_the_one_with_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(egress.VARIABLE, "10.0.0.0/8:5432, db.inside:9999,[fd12::1]:443, 169.254.169.254:80, 0.0.0.0/0:7777")
    assert egress.allowed_addresses("10.1.2.3", 5432) == [ipaddress.ip_address("10.1.2.3")]
    assert egress.allowed_addresses("DB.inside", 9999, answering("172.16.0.9")) == [ipaddress.ip_address("172.16.0.9")]
    assert egress.allowed_addresses("fd12::1", 443) == [ipaddress.ip_address("fd12::1")]
    for host, port in (
        ("10.1.2.3", 443),
        ("169.254.169.254", 80),
        ("169.254.170.2", 7777),
        ("::ffff:169.254.169.254", 80),
        ("127.0.0.1", 9999),
    ):
        with pytest.raises(NodeError) as refused:
            egress.allowed_addresses(host, port)
        assert refused.value.code in ("host-not-allowed", "port-not-allowed"), host


Serve = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Serve], str]]:
    """Real web servers on this machine, opened by the owner; gives the address of one that answers so."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Serve) -> str:
        handler = type(
            "Handler", (BaseHTTPRequestHandler,), {"do_GET": answer, "do_PUT": answer, "do_POST": answer, "log_message": lambda *_: None}
        )
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        monkeypatch.setenv(egress.VARIABLE, ",".join(f"127.0.0.1:{one.server_port}" for one in servers))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def send(status: int, body: bytes = b"", **headers: str) -> Serve:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def fetch(url: str, to: Path, **more: Any) -> NodeError:
    with pytest.raises(NodeError) as refused:
        web.download(url, to, **{"headers": {}, "max_bytes": 1000, **more})
    return refused.value


def test_a_redirect_is_refused_and_its_target_never_asked(site: Any, tmp_path: Path) -> None:
    asked: list[str] = []
    canary = site(lambda handler: asked.append(handler.path))
    wrong = fetch(site(send(302, Location=f"{canary}/latest/meta-data")), tmp_path / "file")
    assert (wrong.code, asked) == ("redirect-refused", [])


def test_an_answer_that_is_too_long_is_cut_off(site: Any, tmp_path: Path) -> None:
    assert fetch(site(send(200, b"x" * 5000)), tmp_path / "a").code == "data-too-large"
    assert fetch(site(send(200, b"x" * 10, Content_Length="5000")), tmp_path / "b").code == "data-too-large"
    assert (tmp_path / "a").stat().st_size <= 1000
    assert fetch(site(send(200, b"x" * 10, Content_Length="500")), tmp_path / "c").code == "data-truncated"


def test_an_error_says_the_status_and_not_the_path(site: Any, tmp_path: Path) -> None:
    wrong = fetch(site(send(403)) + "/file?key=very-private", tmp_path / "file")
    assert (wrong.code, "403" in wrong.message, "very-private" in wrong.message) == ("host-refused", True, False)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/x", "gopher://127.0.0.1:6379/_x", "https:///x", "https://user:pw@example.org/x", "//example.org", "https://example.org:99999/", "https://example.org/a b", "https://[::1/"])  # fmt: skip
def test_only_plain_web_addresses_are_taken(url: str) -> None:
    with pytest.raises(NodeError) as refused:
        web.target_of(url)
    assert refused.value.code == "url-invalid"
    assert "pw" not in refused.value.message


def test_a_secret_is_not_sent_in_the_clear(tmp_path: Path) -> None:
    assert fetch("http://example.org/x", tmp_path / "file", headers={"Authorization": "Bearer x"}, secret=True).code == "url-not-secure"
    with pytest.raises(NodeError) as refused:
        web.headers_of("not a header with my-secret-value")
    assert "my-secret-value" not in str(refused.value.message)


# -- messages -----------------------------------------------------------------------------------------------------------------


def told(url: str, **params: Any) -> Context:
    evaluation = Evaluation({"accuracy": 0.7, "roc_auc": None}, details={"sentence": "right for 70 of 100 rows"})
    context = Context(secret=lambda _: url, identity="run_1/notify")
    assert notify.notify(evaluation, notify.Params(address_secret="hook", **params), context) is evaluation
    return context


def test_a_message_says_the_sentence_and_is_the_same_for_every_try(site: Any) -> None:
    got: list[tuple[str, dict[str, Any]]] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        got.append((handler.headers["Idempotency-Key"], body))
        handler.send_response(204)
        handler.end_headers()

    url = f"{site(answer)}/very-private"
    context = told(url, message="Nightly.")
    assert context.summary == "said to 127.0.0.1"
    told(url, form="figures", metric="accuracy", below=0.8)
    told(url, metric="roc_auc", above=0.1)
    quiet = told(url, metric="accuracy", below=0.5)
    assert quiet.summary == "nothing said: accuracy is within its limits"
    assert [body["text"] for _, body in got] == [
        "Nightly.\nright for 70 of 100 rows",
        "A run is done.\naccuracy is 0.7, below 0.8\nright for 70 of 100 rows",
        "A run is done.\nroc_auc is not defined\nright for 70 of 100 rows",
    ]
    assert got[1][1]["figures"] == {"accuracy": 0.7, "roc_auc": None}
    assert len({key for key, _ in got}) == 1


def test_a_mail_goes_through_the_platform_and_stands_in_the_log() -> None:
    """No secret is read and nothing is connected to: neither is there."""
    asked: list[tuple[str, dict[str, Any]]] = []
    log: list[str] = []

    def effect(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
        asked.append((kind, payload))
        return {"topic": "notices", "subscribed": len(asked) - 1, "note": "nobody" if len(asked) == 1 else ""}

    evaluation = Evaluation({"accuracy": 0.7, "roc_auc": None}, details={"sentence": "right for 70 of 100 rows"})
    contexts = [Context(effect=effect, on_log=log.append) for _ in range(3)]
    wishes: list[dict[str, Any]] = [
        {"subject": "Nightly"},
        {"form": "figures", "metric": "accuracy", "below": 0.8},
        {"metric": "accuracy", "above": 0.8},
    ]
    for context, wish in zip(contexts, wishes, strict=True):
        assert notify.notify(evaluation, notify.Params(channel="mail", **wish), context) is evaluation
    first = "A run is done.\nright for 70 of 100 rows"
    second = "A run is done.\naccuracy is 0.7, below 0.8\nright for 70 of 100 rows\n\naccuracy: 0.7\nroc_auc: not defined"
    assert asked == [("send_notice", {"subject": "Nightly", "message": first}), ("send_notice", {"subject": "", "message": second})]
    assert [line.strip() for line in log if line.startswith("  ")] == [*first.splitlines(), *second.splitlines()]
    assert [context.warnings for context in contexts] == [[{"code": "notice-unheard", "message": "nobody"}], [], []]
    assert [context.summary for context in contexts] == [
        "published to notices, 0 subscribed",
        "published to notices, 1 subscribed: accuracy is 0.7, below 0.8",
        "nothing said: accuracy is within its limits",
    ]


def test_a_hook_stays_private_and_what_is_wrong_is_named(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"{site(send(500))}/very-private"
    cases: list[tuple[str, str, dict[str, Any]]] = [
        (url, "host-refused", {}),
        ("very-private", "secret-invalid", {}),
        (url, "limits-missing", {"metric": "accuracy"}),
        (url, "metric-unknown", {"metric": "acuracy", "below": 1}),
    ]
    for address, code, params in cases:
        with pytest.raises(NodeError) as wrong:
            told(address, **params)
        assert wrong.value.code == code
        assert "very-private" not in f"{wrong.value.message} {wrong.value.hint}"
    monkeypatch.delenv(egress.VARIABLE)
    with pytest.raises(NodeError) as wrong:
        told(url)
    assert wrong.value.code == "url-not-secure"
    with pytest.raises(NodeError) as wrong:
        notify.notify(Evaluation({}), notify.Params(), Context())
    assert wrong.value.code == "secret-missing"
