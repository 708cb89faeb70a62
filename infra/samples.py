"""Makes the datasets that are our own: `python -m infra.samples` writes them into `node_containers/samples/`.

They are drawn from known rules with a fixed seed, so that what a model should find is known. Python's own generator is used: its stream
is the same in every version.
"""

import csv
import math
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

PLACE = Path(__file__).parents[1] / "node_containers" / "samples"
CUSTOMERS = 3_000
HOMES = 2_000
TICKETS = 800

_CONTRACTS = ("monthly", "one year", "two years")
_PAYMENTS = ("card", "direct debit", "invoice")
_REGIONS = ("north", "south", "east", "west")

# What a square metre costs beside the old town, and how far from the centre homes lie, in kilometres.
_DISTRICTS = {
    "old town": (1.0, 0.8),
    "harbour": (0.94, 2.2),
    "university": (0.9, 3.0),
    "gardens": (0.83, 5.5),
    "hillside": (0.79, 8.0),
    "mill valley": (0.66, 13.0),
}
# Kind: how frequent, usual living area in square metres, what it is worth beside a flat.
_KINDS = {"flat": (0.55, 72, 1.0), "terraced": (0.27, 118, 0.96), "detached": (0.18, 152, 1.06)}
_CONDITIONS = {"to renovate": 0.8, "fair": 0.93, "good": 1.0, "like new": 1.1}

# Words of each subject, with one that several subjects share: no single word tells them apart.
_SUBJECTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "billing": (
        ("invoice", "payment", "charge", "refund", "receipt", "subscription fee", "account statement"),
        (
            "is higher than agreed",
            "was taken twice",
            "shows the wrong amount",
            "never arrived",
            "lists a plan I cancelled",
            "does not match my order",
        ),
        ("please correct it", "I want my money back", "send me a new bill", "who can explain this", "cancel the charge"),
    ),
    "delivery": (
        ("parcel", "order", "shipment", "package", "courier", "replacement", "delivery"),
        (
            "is a week late",
            "was left in the rain",
            "went to the wrong address",
            "never arrived",
            "came without the cable",
            "has not moved for days",
        ),
        ("when will it come", "please send it again", "I need it on Friday", "who can trace it", "cancel the order"),
    ),
    "technical": (
        ("app", "website", "login page", "update", "password reset", "sync", "device"),
        ("crashes at start", "shows an error", "does not load", "lost my settings", "never finishes", "is slow since the update"),
        ("how do I fix it", "please look into it", "I need it for work", "who can help me", "cancel the update"),
    ),
    "praise": (
        ("team", "support", "app", "delivery", "courier", "update", "service"),
        ("was quick and kind", "works so well now", "made my day", "is the best I have had", "solved it in minutes", "is worth every cent"),
        ("thank you", "keep it up", "please tell the team", "five stars", "I will order again"),
    ),
}
_OPENINGS = ("Hello,", "Hi there,", "Good morning,", "Since yesterday", "Again:", "To whom it may concern:", "")
_FILLERS = ("my", "the", "your", "our", "this")


def customers(seed: int = 20_26) -> Iterator[list[object]]:
    """A telephone company's customers over a year; about one in nine leaves. From August on prices are higher and calls more frequent."""
    draw = random.Random(seed)  # noqa: S311 no secret
    yield [
        "month",
        "tenure_months",
        "contract",
        "payment",
        "region",
        "monthly_charge",
        "support_calls",
        "late_payments",
        "data_gb",
        "bundle",
        "churned",
    ]
    for _ in range(CUSTOMERS):
        month = draw.randint(1, 12)
        later = month >= 8
        tenure = min(120, int(draw.expovariate(1 / 28)) + 1)
        contract = draw.choices(_CONTRACTS, (0.55, 0.27, 0.18))[0]
        payment = draw.choices(_PAYMENTS, (0.4, 0.4, 0.2))[0]
        charge = round(max(9.0, draw.gauss(42, 14) + (9 if later else 0)), 2)
        calls = _poisson(draw, 1.1 + (0.9 if later else 0))
        late = _poisson(draw, 0.9 if payment == "invoice" else 0.3)
        data = round(draw.lognormvariate(1.8, 0.7), 1)
        bundle = draw.random() < 0.35
        score = (
            -2.95
            + 0.035 * (charge - 42)
            + 0.42 * calls
            + 0.35 * late
            + {"monthly": 0.9, "one year": -0.3, "two years": -1.4}[contract]
            - 0.022 * tenure
            - (0.5 if bundle else 0)
        )
        churned = draw.random() < 1 / (1 + math.exp(-score))
        # A tenth of the meters did not report.
        usage = "" if draw.random() < 0.1 else data
        yield [
            month,
            tenure,
            contract,
            payment,
            draw.choice(_REGIONS),
            charge,
            calls,
            late,
            usage,
            str(bundle).lower(),
            "yes" if churned else "no",
        ]


def homes(seed: int = 11) -> Iterator[list[object]]:
    """Homes of one town that were sold over five years, oldest first. Prices rise by about four in a hundred a year; what remains is noise of a tenth."""
    draw = random.Random(seed)  # noqa: S311 no secret
    yield [
        "sold",
        "district",
        "kind",
        "living_area_m2",
        "plot_m2",
        "rooms",
        "built",
        "condition",
        "balcony",
        "distance_km",
        "price",
    ]
    first = date(2021, 1, 1)
    for day in sorted(draw.randrange(5 * 365) for _ in range(HOMES)):
        district = draw.choice(list(_DISTRICTS))
        worth, distance = _DISTRICTS[district]
        kind = draw.choices(list(_KINDS), [share for share, _, _ in _KINDS.values()])[0]
        _, usual, better = _KINDS[kind]
        area = max(24, round(usual * draw.lognormvariate(0, 0.28)))
        rooms = max(1, round(area / 27 + draw.gauss(0, 0.6)))
        plot = 0 if kind == "flat" else round(area * draw.uniform(1.2, 5.0))
        built = min(2024, max(1880, round(draw.gauss(1968, 32))))
        condition = draw.choices(list(_CONDITIONS), (0.15, 0.3, 0.4, 0.15))[0]
        balcony = draw.random() < (0.6 if kind == "flat" else 0.3)
        away = round(max(0.1, draw.gauss(distance, 0.25 * distance)), 1)
        # Large homes cost less a square metre, very old ones are loved again.
        metre = 4_900 * worth * better * (area / 80) ** -0.14 * (1.05 if built < 1915 else 0.9 + 0.2 * (built - 1915) / 110)
        price = metre * area * _CONDITIONS[condition] * (1.03 if balcony else 1.0) * math.exp(-0.012 * away) + 140 * plot * worth
        price *= 1.04 ** (day / 365) * draw.lognormvariate(0, 0.1)
        yield [
            (first + timedelta(days=day)).isoformat(),
            district,
            kind,
            area,
            plot or "",
            rooms,
            # Of one home in twelve nobody wrote down the year.
            "" if draw.random() < 1 / 12 else built,
            "" if draw.random() < 0.07 else condition,
            str(balcony).lower(),
            away,
            int(round(price, -3)),
        ]


def tickets(seed: int = 7) -> Iterator[list[object]]:
    """What people write to a shop, and what it is about. One in twelve is filed under the wrong subject, as in real life."""
    draw = random.Random(seed)  # noqa: S311 no secret
    yield ["text", "words", "subject"]
    seen: set[str] = set()
    while len(seen) < TICKETS:
        subject = draw.choices(list(_SUBJECTS), (0.3, 0.3, 0.25, 0.15))[0]
        things, troubles, wishes = _SUBJECTS[subject]
        sentence = f"{draw.choice(_OPENINGS)} {draw.choice(_FILLERS)} {draw.choice(things)} {draw.choice(troubles)}"
        if draw.random() < 0.45:
            sentence += f", and the {draw.choice(things)} {draw.choice(troubles)}"
        if draw.random() < 0.7:
            sentence += f"; {draw.choice(wishes)}"
        sentence = sentence.strip()
        text = sentence[0].upper() + sentence[1:] + "."
        if text in seen:
            continue
        seen.add(text)
        filed = draw.choice([other for other in _SUBJECTS if other != subject]) if draw.random() < 1 / 12 else subject
        yield [text, len(text.split()), filed]


def _poisson(draw: random.Random, mean: float) -> int:
    """Knuth's way: how many uniform numbers it takes to fall below exp(−mean)."""
    limit, product, count = math.exp(-mean), draw.random(), 0
    while product > limit:
        product *= draw.random()
        count += 1
    return count


def write(name: str, rows: Iterator[list[object]]) -> None:
    with (PLACE / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    write("churn", customers())
    write("housing", homes())
    write("tickets", tickets())
