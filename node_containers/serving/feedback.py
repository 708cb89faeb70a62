"""`POST /predict/{endpoint}/feedback`: what turned out to be true, days after it was predicted.

    read ─▶ find the entries of the log ─▶ check every value against what was answered ─▶ store beside the answer

A truth that cannot be one refuses the whole request before anything is stored. What cannot be found is no error: logs end, and others' ids look alike. Sending
the same again changes nothing; another value for the same row replaces the first and is counted as replaced (`docs/adr/0074`).
"""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from node_containers.serving import entries
from node_containers.serving.signature import MAX_ERRORS, Refusal, number_of

MAX_TRUTHS = 1_000
MAX_ID_CHARACTERS = 64
# Beyond it a sum of errors would be no number any more.
LARGEST = 1e300
LANES = 8
TRIES = 40
EXAMPLE = 'Send {"truth": [{"request_id": "…", "row": 0, "value": "yes"}]}.'
OUTCOMES = ("stored", "unchanged", "replaced", "unknown", "expired")


class Truth(NamedTuple):
    """`place` in the body; `value` is a class or a number once it is checked."""

    place: int
    request: str
    row: int
    value: Any


class Entry(NamedTuple):
    """An entry of the log: its key, how long its texts are, what was answered, and the truth known of it, by row (as text: JSON has no other keys)."""

    key: dict[str, Any]
    inputs: str
    outputs: str
    answers: list[dict[str, Any]]
    truth: str | None
    replaced: int


def record(table: str, endpoint: str, given: Any, client: Any) -> tuple[dict[str, Any], int]:
    """Store what is true; returns the answer and the write units it took.

    Raises `Refusal` 422 naming every item that cannot be a truth, 413 for too many, 503 where the log cannot be reached: what was stored by then stays, and
    sending all of it again does no harm."""
    truths = _read(given)
    asked = list(dict.fromkeys(one.request for one in truths))
    find = partial(_find, client, table, endpoint)
    try:
        with ThreadPoolExecutor(min(LANES, len(asked))) as lanes:
            found = dict(zip(asked, lanes.map(find, asked), strict=True))
            groups = _checked(truths, found)
            store = partial(_store, client, table, find)
            done = list(lanes.map(store, groups.values(), (found[request] for request in groups)))
    except (ClientError, BotoCoreError) as broken:
        hint = "Send all of it again: what is stored already is not counted twice."
        raise Refusal(503, "serving-unavailable", "The prediction log cannot be reached right now.", hint=hint) from broken
    outcomes = {place: outcome for one, _ in done for place, outcome in one.items()}
    results = [{"request_id": one.request, "row": one.row, "outcome": outcomes[one.place]} for one in truths]
    counts = Counter(outcomes.values())
    return {"results": results, "counts": {name: counts[name] for name in OUTCOMES}}, sum(units for _, units in done)


# -- reading ----------------------------------------------------------------------------------------------------------------


def _read(given: Any) -> list[Truth]:
    if not isinstance(given, list):
        raise Refusal(422, "truth-type", "“truth” must be a list of objects.", field="truth", hint=EXAMPLE)
    if not given:
        raise Refusal(422, "truth-empty", "There is no truth to store.", field="truth", hint=EXAMPLE)
    if len(given) > MAX_TRUTHS:
        message = f"{len(given):,} truths at once; the limit is {MAX_TRUTHS:,}."
        raise Refusal(413, "truth-too-many", message, field="truth", hint="Send them in parts.")
    errors = [error for place, one in enumerate(given) for error in _form(place, one)]
    _refuse(errors)
    return [Truth(place, one["request_id"], one.get("row", 0), one["value"]) for place, one in enumerate(given)]


def _form(place: int, one: Any) -> list[dict[str, Any]]:
    """What is wrong with an item before anything is looked up."""
    if not isinstance(one, dict):
        return [_error(place, "", "truth-type", "must be an object")]
    errors = [_error(place, name, "truth-missing", f"lacks “{name}”") for name in ("request_id", "value") if name not in one]
    unknown = [name for name in one if name not in ("request_id", "row", "value")]
    errors += [_error(place, name[:60], "truth-unknown", f"has the unknown field “{name[:60]}”") for name in unknown]
    request, row = one.get("request_id", ""), one.get("row", 0)
    if not isinstance(request, str) or len(request) > MAX_ID_CHARACTERS:
        errors.append(_error(place, "request_id", "truth-type", "“request_id” must be the request_id of a prediction"))
    if isinstance(row, bool) or not isinstance(row, int) or not 0 <= row < 2**31:
        errors.append(_error(place, "row", "truth-type", "“row” must be the place of the row in its request, from 0"))
    return errors


def _error(place: int, name: str, code: str, message: str) -> dict[str, Any]:
    return {"item": place, "field": f"truth.{place}.{name}".rstrip("."), "code": code, "message": f"item {place} {message}"}


def _refuse(errors: list[dict[str, Any]]) -> None:
    if errors:
        message = f"The truth does not fit: {errors[0]['message']}."
        raise Refusal(422, errors[0]["code"], message, field=errors[0]["field"], hint=EXAMPLE, errors=errors[:MAX_ERRORS])


# -- finding and checking ---------------------------------------------------------------------------------------------------


def _find(client: Any, table: str, endpoint: str, request: str) -> Entry | str:
    """The entry of a request of this endpoint, or why there is none: `expired` or `unknown`."""
    try:
        at = entries.asked_at(request)
    except ValueError:
        return "unknown"
    if at < datetime.now(UTC) - timedelta(days=entries.LOG_DAYS):
        return "expired"
    key = entries.key(endpoint, request, at)
    items = client.query(
        TableName=table,
        KeyConditionExpression="pk = :pk AND sk = :sk",
        ExpressionAttributeValues={f":{name}": value for name, value in key.items()},
        ConsistentRead=True,
    )["Items"]
    if not items:
        return "unknown"
    item = {name: value.get("S") for name, value in items[0].items()}
    replaced = json.loads(item["score"])["replaced"] if "score" in item else 0
    return Entry(key, item["inputs"], item["outputs"], json.loads(item["outputs"]), item.get("truth"), replaced)


def _checked(truths: Sequence[Truth], found: Mapping[str, Entry | str]) -> dict[str, list[Truth]]:
    """Truths by request, every value as the model says it. Refuses values that cannot be true, and two for one row."""
    groups: dict[str, list[Truth]] = {}
    known: dict[tuple[str, int], Truth] = {}
    errors = []
    for one in truths:
        entry = found[one.request]
        if isinstance(entry, Entry):
            try:
                one = one._replace(value=_value(entry, one))
            except ValueError as wrong:
                errors.append(_error(one.place, *wrong.args))
                continue
            first = known.setdefault((one.request, one.row), one)
            if first.value != one.value:
                message = f"says {_shown(one.value)} of a row of which item {first.place} says {_shown(first.value)}"
                errors.append(_error(one.place, "value", "truth-conflict", message))
        groups.setdefault(one.request, []).append(one)
    _refuse(errors)
    return groups


def _value(entry: Entry, one: Truth) -> str | float:
    """The class or the number that is meant. Raises `ValueError(field, code, message)`."""
    if one.row >= len(entry.answers):
        count = len(entry.answers)
        raise ValueError("row", "truth-row", f"names row {one.row}; the request had {count} ({'row 0 alone' if count == 1 else 'from 0'})")
    classes = entry.answers[one.row].get("probabilities")
    if classes is None:
        try:
            number = number_of(one.value)
            if abs(number) <= LARGEST:
                return number
        except (TypeError, ValueError, OverflowError):
            pass
        raise ValueError("value", "truth-value", f"must be a number, not {_shown(one.value)}")
    label = _label(one.value)
    if label is None or label not in classes:
        some = ", ".join(f"“{name[:40]}”" for name in list(classes)[:10])
        raise ValueError("value", "truth-value", f"must be a class of the model ({some}), not {_shown(one.value)}")
    return label


def _label(value: Any) -> str | None:
    """The text of a class, which may be a number or a yes in other people's data; None for what is none."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, bool | int | str) else None


def _shown(value: Any) -> str:
    return repr(value if isinstance(value, str | int | float | None) else json.dumps(value)[:40])[:60]


# -- storing ----------------------------------------------------------------------------------------------------------------


def _store(
    client: Any, table: str, find: Callable[[str], Entry | str], truths: list[Truth], entry: Entry | str
) -> tuple[dict[int, str], int]:
    """Outcomes by place, and write units. Of two that write at once, the one who comes second reads what the first has written, and adds to it."""
    for turn in range(TRIES):
        if isinstance(entry, str):
            return dict.fromkeys((one.place for one in truths), entry), 0
        outcomes, truth = _merged(entry, truths)
        if "stored" not in outcomes.values() and "replaced" not in outcomes.values():
            return outcomes, 0
        text, score = json.dumps(truth), json.dumps(_score(entry, truth, [*outcomes.values()].count("replaced")))
        values = {":truth": {"S": text}, ":score": {"S": score}}
        try:
            client.update_item(
                TableName=table,
                Key=entry.key,
                UpdateExpression="SET truth = :truth, score = :score",
                ConditionExpression="attribute_exists(pk) AND "
                + ("attribute_not_exists(truth)" if entry.truth is None else "truth = :before"),
                ExpressionAttributeValues=values if entry.truth is None else {**values, ":before": {"S": entry.truth}},
            )
            return outcomes, entries.write_units(entry.inputs, entry.outputs, text, score)
        except ClientError as lost:
            if lost.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
        time.sleep(random.uniform(0, 0.005 * 2 ** min(turn, 5)))  # noqa: S311 no secret
        entry = find(truths[0].request)
    raise Refusal(503, "serving-unavailable", "Too many write the truth of one request at once.", hint="Send it again in a moment.")


def _merged(entry: Entry, truths: list[Truth]) -> tuple[dict[int, str], dict[str, Any]]:
    known: dict[str, Any] = json.loads(entry.truth or "{}")
    outcomes = {}
    for one in truths:
        before = known.get(str(one.row))
        outcomes[one.place] = "stored" if before is None else "unchanged" if before == one.value else "replaced"
        known[str(one.row)] = one.value
    return outcomes, known


def _score(entry: Entry, truth: Mapping[str, Any], replaced: int) -> dict[str, Any]:
    """How right the answers were, small enough to be summed over a day: rows with truth, and how many were right (classes) or by how much they were wrong."""
    pairs = [(entry.answers[int(row)], value) for row, value in truth.items()]
    counted: dict[str, Any] = {"truths": len(pairs), "replaced": entry.replaced + replaced}
    if "probabilities" in pairs[0][0]:
        return counted | {"right": sum(answer["prediction"] == value for answer, value in pairs)}
    return counted | {"error": min(LARGEST, sum(abs(answer["prediction"] - value) for answer, value in pairs))}
