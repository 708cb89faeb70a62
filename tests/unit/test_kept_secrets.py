"""What the journal of the embedded cloud keeps of secrets: the value there is now, and no other."""

import json
from pathlib import Path

from infra.local.journal import Journal


def write(journal: Journal, operation: str, **body: str) -> None:
    journal.keep_secret(f"secretsmanager.{operation}", "key", json.dumps(body).encode())


def test_a_secret_has_one_row_with_its_present_value_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    journal.append("DynamoDB_20120810.PutItem", "key", b"{}")
    write(journal, "CreateSecret", Name="a", SecretString="first-value")
    write(journal, "CreateSecret", Name="b", SecretString="other-value")
    write(journal, "PutSecretValue", SecretId="a", SecretString="second-value")
    rows = [(target, json.loads(body).get("SecretString")) for target, _, body in journal.rows()]
    assert rows == [
        ("DynamoDB_20120810.PutItem", None),
        ("secretsmanager.CreateSecret", "other-value"),
        ("secretsmanager.CreateSecret", "second-value"),
    ]
    write(journal, "DeleteSecret", SecretId="a")
    on_disk = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"other-value" in on_disk
    assert b"first-value" not in on_disk
    assert b"second-value" not in on_disk
