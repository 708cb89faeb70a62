"""What the operating system refuses the code: each wall stands by itself, and what could not be built is said.

    seccomp    no sockets, no programs, no new processes, no looking into others        any user who may load a filter
    Landlock   no files but Python's own (to read) and the own folder                    kernel 5.13 and newer
    nobody     no network but an empty one, no rights, no files of another user          where it is started as root
    rlimits    memory, processor seconds, file size, open files, no dumps                everywhere

Standard library only: this runs in the child, after the science is imported and the rows are read.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

NOBODY = 65534
# What the imports may have taken before the code begins.
START_CPU_SECONDS = 30
CLONE_NEWNET, CLONE_NEWIPC, CLONE_THREAD = 0x40000000, 0x08000000, 0x00010000
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 1, 38, 22, 2
PR_CAPBSET_DROP, CAPABILITY_VERSION_3 = 24, 0x20080522
EPERM, ENOSYS = 1, 38
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000

# Numbers of system calls by architecture (x86-64, AArch64); None where there is none.
_CALLS = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "accept": (43, 202),
    "bind": (49, 200),
    "listen": (50, 201),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "kill": (62, 129),
    "tkill": (200, 130),
    "mount": (165, 40),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "setns": (308, 268),
    "chroot": (161, 51),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "memfd_create": (319, 279),
}
_CLONE, _CLONE3 = (56, 220), 435
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def build(own: Path, *, memory_bytes: int, seconds: int) -> list[str]:
    """Let the walls down, in the order in which each still may; the names of those that stand."""
    libc = ctypes.CDLL(None, use_errno=True)
    standing = ["limits"]
    _limits(memory_bytes, seconds)
    walls: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("network", lambda: _leave_network(libc)),
        ("nobody", _become_nobody),
        ("no rights", lambda: _drop_rights(libc)),
        ("files", lambda: _landlock(libc, own)),
        ("calls", lambda: _seccomp(libc)),
    )
    for name, wall in walls:
        try:
            wall()
            standing.append(name)
        except OSError:
            continue
    return standing


def die_with(parent: int) -> None:
    """Let the kernel end this process when the one that started it dies, however that ends; it may have died already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _limits(memory_bytes: int, seconds: int) -> None:
    """`memory_bytes` come on top of what the interpreter and its libraries have mapped already."""
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    for limit, value in (
        (resource.RLIMIT_AS, mapped + memory_bytes),
        (resource.RLIMIT_CPU, seconds + START_CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 2 * 2**30),
        (resource.RLIMIT_NOFILE, 128),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    # The clock on the wall ends the process too; the code cannot take the alarm off.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _leave_network(libc: Any) -> None:
    _call(libc.unshare, CLONE_NEWNET | CLONE_NEWIPC)


def can_be_nobody() -> bool:
    """Whether a child may become another user: root may make it so, where Python lies in no folder that is closed to others."""
    places = {folder for path in _libraries() for folder in (Path(path), *Path(path).resolve().parents)}
    return os.geteuid() == 0 and all(folder.stat().st_mode & 0o001 for folder in places if folder.is_dir())


def _become_nobody() -> None:
    if not can_be_nobody():
        raise OSError(EPERM, "not root, or Python lies in a closed folder")
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _drop_rights(libc: Any) -> None:
    """Nothing that is started or opened later gives rights, and those that are there are given up."""
    _call(libc.prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.geteuid() == 0:
        for right in range(64):
            libc.prctl(PR_CAPBSET_DROP, right, 0, 0, 0)
        _call(libc.capset, struct.pack("=Ii", CAPABILITY_VERSION_3, 0), bytes(24))


def _call(function: Any, *arguments: Any) -> int:
    found = int(function(*arguments))
    if found < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return found


# -- files: Landlock --------------------------------------------------------------------------------------------------------

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_ALL_OF_ABI_1 = (1 << 13) - 1


def _landlock(libc: Any, own: Path) -> None:
    handled = struct.pack("=Q", _ALL_OF_ABI_1)
    rules = _call(libc.syscall, _LANDLOCK_CREATE, handled, len(handled), 0)
    try:
        for path in dict.fromkeys(_libraries()):
            _let(libc, rules, path, _READ_FILE | _READ_DIR)
        _let(libc, rules, str(own), _ALL_OF_ABI_1 & ~_EXECUTE)
        _call(libc.syscall, _LANDLOCK_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _libraries() -> list[str]:
    """Where Python and the libraries it loads lie. A link is followed: a virtual environment may point elsewhere."""
    places = [path for path in sys.path if path and Path(path).is_dir()]
    return [
        sys.prefix,
        sys.base_prefix,
        *places,
        *(
            path
            for path in ("/usr/lib", "/usr/local/lib", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/localtime")
            if Path(path).exists()
        ),
    ]


def _let(libc: Any, rules: int, path: str, access: int) -> None:
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not Path(path).is_dir():
            access &= _READ_FILE | _WRITE_FILE | _EXECUTE
        _call(libc.syscall, _LANDLOCK_ADD, rules, 1, struct.pack("=Qi", access, handle), 0)
    finally:
        os.close(handle)


# -- calls: seccomp ---------------------------------------------------------------------------------------------------------


def _seccomp(libc: Any) -> None:
    program = _filter(platform.machine())
    buffer = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("=HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    _call(libc.prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, head, 0, 0)


def _filter(machine: str) -> bytes:
    """The filter as a BPF program: another architecture ends the process, a call of the list is refused, a new process too; threads are let through."""
    if machine not in _ARCHITECTURES:
        raise OSError(ENOSYS, f"no list of calls for {machine}")
    column, architecture = _ARCHITECTURES[machine]
    load, equal, at_least, is_set, give = 0x20, 0x15, 0x35, 0x45, 0x06

    def step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("=HBBI", code, yes, no, value)

    program = [step(load, 4), step(equal, architecture, 1, 0), step(give, _KILL), step(load, 0)]
    # The second table of x86-64 has the same calls under other numbers.
    program += [step(at_least, 0x40000000, 0, 1), step(give, _KILL)] if machine == "x86_64" else []
    for numbers in _CALLS.values():
        if numbers[column] is not None:
            program += [step(equal, int(numbers[column] or 0), 0, 1), step(give, _ERRNO | EPERM)]
    # A C library that is told there is no clone3 takes clone, whose flags can be looked at.
    program += [step(equal, _CLONE3, 0, 1), step(give, _ERRNO | ENOSYS)]
    program += [
        step(equal, _CLONE[column], 0, 4),
        step(load, 16),
        step(is_set, CLONE_THREAD, 1, 0),
        step(give, _ERRNO | EPERM),
        step(give, _ALLOW),
    ]
    program += [step(give, _ALLOW)]
    return b"".join(program)


def readable_places() -> tuple[str, ...]:
    """What the hook lets be read; asked before the walls, behind which some of it cannot be looked at."""
    return tuple(os.path.realpath(path) for path in _libraries())


# -- Python's own events ----------------------------------------------------------------------------------------------------

_NEVER = (
    *(
        "os.system",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.kill",
        "os.killpg",
        "os.chmod",
        "os.chown",
        "os.link",
        "os.symlink",
    ),
    *(
        "subprocess.Popen",
        "pty.spawn",
        "socket.",
        "ctypes.",
        "urllib.Request",
        "http.client.",
        "ftplib.",
        "smtplib.",
        "ssl.",
        "sqlite3.",
        "webbrowser.open",
    ),
    *(
        "shutil.",
        "sys.settrace",
        "sys.setprofile",
        "sys._current_frames",
        "gc.get_objects",
        "gc.get_referrers",
        "pickle.find_class",
        "cpython.run_",
    ),
)


def watch(own: Path, readable: tuple[str, ...]) -> None:
    """Refuse what Python itself is asked to do. The hook cannot be taken off again."""
    folder = os.path.realpath(own)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            _check_open(arguments[0], arguments[1], arguments[2], readable, folder)
        elif event.startswith(_NEVER):
            raise PermissionError(f"{event} is not allowed here")

    sys.addaudithook(hook)


def _check_open(path: Any, mode: Any, flags: Any, readable: tuple[str, ...], own: str) -> None:
    if isinstance(path, int):
        return
    place = os.path.realpath(os.fsdecode(path))
    writes = bool((flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)) or (isinstance(mode, str) and any(mark in mode for mark in "wax+"))
    if place == own or place.startswith(own + os.sep) or (not writes and place.startswith(readable)):
        return
    raise PermissionError("files are not given out here")
