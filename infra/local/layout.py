"""Where the embedded cloud keeps its things, which ports it uses, and the environment its processes share."""

import hashlib
import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.local import containers

ROOT = Path(__file__).parents[2]
DEFAULT_PORT = 4680
ACCOUNT = "000000000000"
REGION = "us-east-1"
# Another name only where the pool stands in for Lambda beside a deployed stack.
STAGE = os.environ.get("FLOWZA_STAGE", "local")
OWNER = "usr_local"
NODE_SMALL, NODE_LARGE, NODE_TASK, SERVING, PLATFORM, SANDBOX = (
    f"flowza-{STAGE}-{name}" for name in ("node-small", "node-large", "node-task", "serving", "platform", "sandbox")
)
NOTICES = f"flowza-{STAGE}-notices"
SIZE_OF = {NODE_SMALL: "small", NODE_LARGE: "large", NODE_TASK: "task"}
MEMORY_MB = {NODE_SMALL: 2048, NODE_LARGE: 10240, NODE_TASK: 30720, SERVING: 2048, SANDBOX: 2048}
TIMEOUT_SECONDS = {NODE_SMALL: 900, NODE_LARGE: 900, NODE_TASK: 6 * 3600, SERVING: 29, PLATFORM: 60, SANDBOX: 840}
# Other limits for one cloud, so that a test or a curious person sees a size outgrown: {"small": {"memory_mb": 400, "seconds": 5}}.
for _function, _size in SIZE_OF.items():
    _limits = json.loads(os.environ.get("FLOWZA_LIMITS", "{}")).get(_size, {})
    MEMORY_MB[_function] = int(_limits.get("memory_mb", MEMORY_MB[_function]))
    TIMEOUT_SECONDS[_function] = int(_limits.get("seconds", TIMEOUT_SECONDS[_function]))
# What `ecs:runTask` needs on AWS; here the emulator hands such a task to the pool.
TASK_TARGET = {
    "cluster": f"flowza-{STAGE}",
    "definition": NODE_TASK,
    "container": "node",
    "subnets": ["local"],
    "security_groups": ["local"],
}
if (_heartbeat := json.loads(os.environ.get("FLOWZA_LIMITS", "{}")).get("task", {}).get("heartbeat_seconds")) is not None:
    TASK_TARGET["heartbeat_seconds"] = _heartbeat


@dataclass(frozen=True)
class Ports:
    public: int
    emulator: int
    pool: int
    platform: int


@dataclass(frozen=True)
class Layout:
    """One embedded cloud: its state folder and its ports."""

    state: Path
    ports: Ports
    # Images that run functions and tasks in place of the pool.
    images: containers.Containers | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports.public}"

    @property
    def journal(self) -> Path:
        return self.state / "journal.sqlite"

    @property
    def instance(self) -> Path:
        return self.state / "instance.json"

    def log(self, name: str) -> Path:
        return self.state / "logs" / f"{name}.log"

    def secret(self, name: str) -> str:
        """A random text that is made once and kept, readable by its owner only: `token`, `session`, `storage`."""
        path = self.state / name
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(("fz_" if name == "token" else "") + secrets.token_urlsafe(32))
        return path.read_text()

    def environment(self) -> dict[str, str]:
        """What every process of the tree reads (`docs/contracts.md`, section 1)."""
        real = self.images and {containers.VARIABLE: self.images.text(), "FLOWZA_FAN_OUT": str(max(2, os.cpu_count() or 2))}
        return {
            **(real or {}),
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.ports.emulator}",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "FLOWZALOCAL",
            "AWS_SECRET_ACCESS_KEY": self.secret("storage"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "FLOWZA_STAGE": STAGE,
            "FLOWZA_BUCKET": f"flowza-{STAGE}",
            "FLOWZA_RECORDS_TABLE": f"flowza-{STAGE}-records",
            "FLOWZA_RUNS_TABLE": f"flowza-{STAGE}-runs",
            "FLOWZA_SERVING_TABLE": f"flowza-{STAGE}-serving",
            "FLOWZA_NODE_FUNCTION_SMALL": function_arn(NODE_SMALL),
            "FLOWZA_NODE_FUNCTION_LARGE": function_arn(NODE_LARGE),
            "FLOWZA_SERVING_FUNCTION": SERVING,
            "FLOWZA_PLATFORM_FUNCTION": PLATFORM,
            "FLOWZA_SANDBOX_FUNCTION": SANDBOX,
            "FLOWZA_NOTICES_TOPIC": f"arn:aws:sns:{REGION}:{ACCOUNT}:{NOTICES}",
            "FLOWZA_TASK_TARGET": json.dumps(TASK_TARGET),
            "FLOWZA_POOL_URL": f"http://127.0.0.1:{self.ports.pool}/",
            "FLOWZA_MACHINE_ROLE": f"arn:aws:iam::{ACCOUNT}:role/flowza-{STAGE}-machine",
            "FLOWZA_ENVIRONMENT": self.images.node if self.images else image_fingerprint(),
            "FLOWZA_PUBLIC_URL": self.url,
            "FLOWZA_STORAGE_URL": f"{self.url}/s3",
            "POWERTOOLS_LOG_LEVEL": "WARNING",
            "PYTHONUNBUFFERED": "1",
        }

    def write_instance(self, pids: dict[str, int]) -> None:
        """Tell other programs (the demo, tests) where this cloud is."""
        text = json.dumps({"url": self.url, "pids": pids, "ports": asdict(self.ports)})
        partial = self.instance.with_suffix(".partial")
        partial.write_text(text)
        partial.replace(self.instance)


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def image_fingerprint() -> str:
    """Stands for the image digest: the science's sources and the locked libraries, as 16 hex digits."""
    digest = hashlib.sha256()
    sources = [*sorted((ROOT / "node_containers").rglob("*.py")), ROOT / "infra" / "locks" / "run.txt"]
    for path in sources:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def default_state() -> Path:
    return Path(os.environ.get("FLOWZA_HOME", ROOT / ".flowza")).resolve()


def choose_ports(public: int) -> Ports:
    """The public port as asked; three free ones for the inside. 0 takes a free public port too."""
    return Ports(public or free_port(), free_port(), free_port(), free_port())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
