"""From the bytes of an upload to UTF-8 text, a block at a time, or a refusal that says what the file is instead.

    file ─▶ gzip or zip unpacked (bombs found while they unpack) ─▶ decoded ─▶ UTF-8 without a byte order mark ─▶ whoever parses it

Nothing here holds more than a few blocks of the file.
"""

import codecs
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from node_containers.sdk import NodeError

MAX_BYTES = 1536 * 2**20
MAX_UNPACKED_BYTES = 4 * 2**30
MAX_RATIO = 100
HEAD_BYTES = 2**20
BLOCK_BYTES = 2**20

_MAGIC = {
    b"\x89PNG": "a PNG picture",
    b"%PDF": "a PDF document",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"PAR1": "a Parquet file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"SQLite": "an SQLite database",
    b"BZh": "a bzip2 archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\xfd7zXZ": "an xz archive",
}
Progress = Callable[[float], None]


class Source(Protocol):
    """What bytes can be read from."""

    def read(self, size: int = -1, /) -> bytes: ...


class TextStream(io.RawIOBase):
    """The file as UTF-8, read once from the start. `progress` hears the share of the file that was read, from 0 to 1."""

    def __init__(self, path: Path, encoding: str = "utf-8", progress: Progress | None = None) -> None:
        super().__init__()
        self._size = check_size(path)
        self._raw = path.open("rb")
        self._source = unpacked(self._raw, self._size)
        self._encoding = encoding
        self._progress = progress
        self._lines = 1
        # Quotes in what was read so far.
        self.quotes = 0
        self._rest = b""
        self._ended = False
        head = self._source.read(HEAD_BYTES)
        self._encoding = encoding = _sniffed(head, encoding)
        self._decoder = _decoder(encoding)
        self._first = True
        # Old Mac line ends: no line feed anywhere near, so every carriage return ends a line.
        self._mac = b"\r" in head and b"\n" not in head
        self._rest = self._taken(head, final=False)
        _check_text(self._rest.decode(errors="ignore"))
        self._tell()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts, have = [self._rest], len(self._rest)
        while (size < 0 or have < size) and not self._ended:
            # In pieces of one size, joined once: memory that is taken and given back in growing pieces is not given back.
            block = self._source.read(BLOCK_BYTES)
            parts.append(self._taken(block, final=not block))
            have += len(parts[-1])
            self._tell()
        data = b"".join(parts)
        size = have if size < 0 else size
        self._rest = data[size:]
        return data[:size]

    def _tell(self) -> None:
        if self._progress:
            self._progress(min(1.0, self._raw.tell() / self._size))

    def peek(self, size: int) -> bytes:
        """The next bytes, which stay."""
        given = self.read(size)
        self._rest = given + self._rest
        return given

    def skip_lines(self, count: int) -> None:
        """Leave out so many lines."""
        while count:
            at = self._rest.find(b"\n")
            if at < 0 and not self._ended:
                self._rest += self.read(len(self._rest) + BLOCK_BYTES)
                continue
            self._rest = self._rest[at + 1 :] if at >= 0 else b""
            count = count - 1 if at >= 0 else 0

    def close(self) -> None:
        self._raw.close()
        super().close()

    def _taken(self, block: bytes, *, final: bool) -> bytes:
        """A block as UTF-8, checked. What is UTF-8 already is taken as it came."""
        try:
            text = self._decoder.decode(block, final)
        except UnicodeDecodeError as wrong:
            line = self._lines + wrong.object.count(b"\n", 0, wrong.start)
            message = f"Line {line} is not {self._encoding}: byte 0x{wrong.object[wrong.start]:02x} has no meaning there."
            hint = "Set the encoding to latin-1 or cp1252 if the file came from Windows or Excel."
            raise NodeError("data-encoding", message, field="params.encoding", hint=hint) from wrong
        data = block if self._encoding == "utf-8" else text.encode()
        if self._first and data:
            data, self._first = data.removeprefix(codecs.BOM_UTF8), False
        if b"\x00" in data:
            line = self._lines + data.count(b"\n", 0, data.index(b"\x00"))
            raise NodeError(
                "data-control-char", f"Line {line} holds a NUL character.", hint="The file is damaged or binary; export it again."
            )
        if self._mac:
            data = data.replace(b"\r", b"\n")
        self._lines += data.count(b"\n")
        self.quotes += data.count(b'"')
        self._ended = final
        return data


def check_size(path: Path) -> int:
    size = path.stat().st_size
    if size == 0:
        raise NodeError("data-empty", "The file is empty (0 bytes).", hint="Upload it again; the export may have been cut off.")
    if size > MAX_BYTES:
        raise NodeError(
            "data-too-large", f"The file has {size:,} bytes; the limit is {MAX_BYTES:,}.", hint="Split it, or load it as Parquet."
        )
    return size


def unpacked(raw: BinaryIO, size: int) -> Source:
    """The file itself, or what a gzip or a zip of one file holds."""
    magic = raw.read(4)
    raw.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return _Unpacking(gzip.GzipFile(fileobj=raw), size)
    if magic.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _Unpacking(_only_member(raw), size)
    return raw


class _Unpacking(io.RawIOBase):
    """Unpacks in pieces, so that a bomb is found before it has filled anything."""

    def __init__(self, source: Source, packed: int) -> None:
        super().__init__()
        self._source = source
        self._limit = min(MAX_UNPACKED_BYTES, max(packed * MAX_RATIO, 2**20))
        self._total = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            piece = self._source.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as broken:
            raise NodeError("data-truncated", "The compressed file is cut off or damaged.", hint="Upload it again.") from broken
        self._total += len(piece)
        if self._total > self._limit:
            message = f"The compressed file unpacks to more than {self._limit:,} bytes, over {MAX_RATIO} times its size or over the limit."
            raise NodeError("data-ratio", message, hint="Unpack it and upload the part you need.")
        return piece


def _only_member(raw: BinaryIO) -> Source:
    """The one file of a zip. Codes: archive-damaged, archive-several, archive-nested, archive-path, archive-encrypted, archive-overlap."""
    hint = "Unpack it and upload the file itself."
    try:
        archive = zipfile.ZipFile(raw)
    except (zipfile.BadZipFile, OSError) as broken:
        raise NodeError("archive-damaged", "The zip archive is damaged or cut off.", hint="Upload it again.") from broken
    names = [one for one in archive.infolist() if not one.is_dir()]
    if any(one.filename in ("[Content_Types].xml", "xl/workbook.xml") for one in names):
        raise NodeError("data-not-csv", "The file is an Excel or Office file, not delimited text.", hint="Load it with a Load Excel node.")
    for one in names:
        parts = PurePosixPath(one.filename.replace("\\", "/")).parts
        if ".." in parts or one.filename.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", one.filename):
            raise NodeError("archive-path", f"The archive holds a file with the path “{one.filename[:80]}”.", hint=hint)
    if len(names) != 1:
        listed = ", ".join(one.filename[:40] for one in names[:5])
        raise NodeError("archive-several", f"The archive holds {len(names)} files ({listed}); one is needed.", hint=hint)
    member = names[0]
    if member.flag_bits & 1:
        raise NodeError("archive-encrypted", "The archive is locked with a password.", hint=hint)
    if member.filename.lower().endswith((".zip", ".gz", ".7z", ".rar", ".xz", ".bz2")):
        raise NodeError("archive-nested", f"The archive holds another archive, “{member.filename[:80]}”.", hint=hint)
    if member.header_offset + member.compress_size > archive.start_dir:
        raise NodeError("archive-overlap", "The archive has entries that overlap.", hint=hint)
    try:
        return archive.open(member)
    except (zipfile.BadZipFile, NotImplementedError, OSError) as broken:
        raise NodeError("archive-damaged", "The archive has an entry that cannot be read.", hint=hint) from broken


def _sniffed(head: bytes, encoding: str) -> str:
    """The encoding to decode with. Refuses what is no text at all."""
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            raise NodeError("data-not-csv", f"The file is {what}, not delimited text.", hint="Export it as CSV and upload that.")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if encoding == "utf-8" and b"\x00" in head[:4096]:
        even, odd = head[:4096:2].count(0), head[1:4096:2].count(0)
        if max(even, odd) > len(head[:4096]) // 4 and min(even, odd) < max(even, odd) // 8:
            which = "utf-16-le" if odd > even else "utf-16-be"
            message = f"The file seems to be {which} without a byte order mark."
            raise NodeError("data-encoding", message, field="params.encoding", hint=f"Set the encoding to {which}.")
        if head[:4096].count(0) < 4 and b"\n" in head:
            return encoding
        raise NodeError("data-not-csv", "The file is binary, not delimited text.", hint="Export it as CSV and upload that.")
    return encoding


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    try:
        return codecs.getincrementaldecoder(encoding)("strict")
    except LookupError as unknown:
        message = f"There is no encoding “{encoding[:40]}”."
        raise NodeError("data-encoding", message, field="params.encoding", hint="Use utf-8, latin-1 or cp1252.") from unknown


def _check_text(text: str) -> None:
    head = text[:2000].lstrip().lower()
    if not text.strip():
        raise NodeError("data-empty", "The file holds nothing but blanks and line breaks.", hint="Upload a file with a header and rows.")
    if head.startswith(("<!doctype", "<html", "<?xml", "<head", "<body", "<svg")):
        hint = "The download may have ended at a login or error page."
        raise NodeError("data-not-csv", "The file is an HTML or XML page, not a table.", hint=hint)
    if head.startswith(("{", "[{", "[[", '["', "[\n")) or re.match(r"\[\s*[\[{\"\d]", head):
        raise NodeError("data-not-csv", "The file is JSON, not delimited text.", hint="Load it with a Load JSON node.")
