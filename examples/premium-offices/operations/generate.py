"""Write what the operational systems of Premium Offices hold on one day.

    python operations/generate.py                 the systems on their first day
    python operations/generate.py --first 2026-06-30    on a first day other than yesterday
    python operations/generate.py --day 3         and what came in on the three days after it
    python operations/generate.py --bad-batch     and a delivery for the next day that is wrong
    python operations/generate.py --repair        the wrong delivery, withdrawn and corrected

    FOLDER/drops/NAME/*.csv    files that other systems drop: buildings, spaces, leases, ...
    FOLDER/crm/BATCH/*.csv     what the brokers' CRM holds; `systems.py` loads new batches
    FOLDER/market/*.json       what the market data provider serves

The same arguments write the same bytes. The first day is kept for the days after it.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from company import Company
from setting import FIRST_DAY, HORIZON, Row

TABLES = ("brokers", "prospects", "deals", "deal_events", "viewings")


def end_of(day: date) -> datetime:
    """The last moment of a day, in UTC."""
    return datetime.combine(day, time.max, tzinfo=UTC)


def write_csv(path: Path, rows: Sequence[Row]) -> int:
    """Write rows without their private (`_name`) and `seen` keys; no file for no rows."""
    if not rows:
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = [name for name in rows[0] if not name.startswith("_") and name != "seen"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([["" if row[name] is None else row[name] for name in columns] for row in rows])
    return len(rows)


def crm_rows(company: Company, day: date) -> dict[str, list[Row]]:
    """The CRM's tables at the end of `day`."""
    events = [event for event in company.events if event["seen"] <= day]
    last = {event["deal_id"]: event for event in events}
    deals = []
    for deal in company.deals:
        if deal["seen"] > day:
            continue
        event = last[deal["deal_id"]]
        stage = event["to_stage"]
        deals.append(
            {
                **{name: value for name, value in deal.items() if name != "created_at"},
                "stage": stage,
                "lease_id": deal["lease_id"] if stage == "signed" else None,
                "lost_reason": deal["lost_reason"] if stage == "lost" else None,
                "created_at": deal["created_at"],
                "updated_at": event["occurred_at"],
            }
        )
    prospects = []
    for row in company.prospects:
        change = row.get("_change", {"updated_at": end_of(HORIZON)})
        known = change if change["updated_at"].date() <= day else {}
        if row["seen"] <= day:
            prospects.append({**{key: row[key] for key in row if key != "_change"}, **known})
    columns = ("event_id", "deal_id", "from_stage", "to_stage", "broker_id", "occurred_at", "seen")
    return {
        "brokers": company.brokers,
        "prospects": prospects,
        "deals": deals,
        "deal_events": [{name: event[name] for name in columns} for event in events],
        "viewings": [row for row in company.viewings if row["seen"] <= day],
    }


def write_crm(folder: Path, company: Company, number: int, day: date, after: date | None) -> int:
    """Write the CRM's rows as batch `number`; with `after`, only those that are new or changed since."""
    target = folder / "crm" / f"{number:04}"
    before = crm_rows(company, after) if after else {}
    count = 0
    for table, rows in crm_rows(company, day).items():
        old = before.get(table, [])
        known = {tuple(row.items()) for row in old}
        count += write_csv(target / f"{table}.csv", [row for row in rows if tuple(row.items()) not in known])
    return count


def write_drops(folder: Path, company: Company, day: date, after: date | None) -> int:
    """Write the files that are dropped on `day`: everything so far, or what came after `after`."""
    drops = folder / "drops"

    def new(rows: Iterable[Row], seen: str = "seen") -> list[Row]:
        return [row for row in rows if row[seen] <= day and (after is None or row[seen] > after)]

    count = write_csv(
        drops / "buildings/buildings.csv", [b for b in company.buildings if b["acquired_on"] <= day]
    )
    count += write_csv(drops / "spaces/spaces.csv", company.spaces)
    count += write_csv(drops / "tenants/tenants.csv", [t for t in company.tenants if t["seen"] <= day])
    count += write_csv(drops / f"leases/leases-{day}.csv", new(company.leases, "recorded_on"))
    count += write_csv(drops / f"invoices/invoices-{day}.csv", new(company.invoices))
    return count + write_csv(drops / f"payments/payments-{day}.csv", new(company.payments))


def write_market(folder: Path, company: Company, day: date) -> int:
    """Write what the market data provider serves on `day`."""
    count = 0
    for name, rows in (("rents", company.rents), ("listings", company.listings)):
        known = [{k: v for k, v in row.items() if k != "seen"} for row in rows if row["seen"] <= day]
        path = folder / "market" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(known, indent=0) + "\n", encoding="utf-8")
        count += len(known)
    return count


def generate(folder: Path, scale: float = 1.0, day: int = 0, first: date = FIRST_DAY) -> int:
    """Write day `first` and the `day` days after it into `folder`; returns the rows written."""
    for part in ("drops", "crm", "market"):
        shutil.rmtree(folder / part, ignore_errors=True)
    company = Company(scale)
    rows = 0
    for number in range(day + 1):
        today = first + timedelta(days=number)
        after = today - timedelta(days=1) if number else None
        rows += write_drops(folder, company, today, after) + write_crm(folder, company, number, today, after)
        rows += write_market(folder, company, today)
    known = {"scale": scale, "first": first.isoformat(), "day": day}
    (folder / "state.json").write_text(json.dumps(known) + "\n", encoding="utf-8")
    return rows


@dataclass(frozen=True)
class State:
    """What a folder holds: the scale, the first day, and how many days came after it."""

    scale: float
    first: date
    day: int

    @property
    def today(self) -> date:
        return self.first + timedelta(days=self.day)


def state(folder: Path) -> State | None:
    """What `folder` holds, None where nothing was generated."""
    path = folder / "state.json"
    if not path.is_file():
        return None
    known = json.loads(path.read_text(encoding="utf-8"))
    return State(known["scale"], date.fromisoformat(known["first"]), known["day"])


def _generated(folder: Path) -> State:
    known = state(folder)
    if known is None:
        raise SystemExit(f"{folder} holds no generated data; run generate.py without a switch first")
    return known


def bad_batch(folder: Path) -> int:
    """A delivery that went wrong: in the lease register's drop of the next day, and in the CRM.

    The drop holds 12 negative rents (a credit note booked as a lease), 5 leases sent twice and 3 in
    spaces that nobody owns; in the CRM, 9 deals are in a stage that no process knows.
    """
    known = _generated(folder)
    company, today, day = Company(known.scale), known.today, known.today + timedelta(days=1)
    leases = {row["lease_id"]: row for row in company.leases if row["recorded_on"] <= today}
    latest = [{**row, "recorded_on": day} for row in list(leases.values())[-40:]]
    negative = [{**row, "rent_eur_sqm_year": -row["rent_eur_sqm_year"]} for row in latest[:12]]
    nowhere = [{**row, "space_id": f"B9999-{n:02}A"} for n, row in enumerate(latest[12:15])]
    twice = latest[15:20] * 2
    rows = write_csv(folder / f"drops/leases/leases-{day}-bad.csv", negative + nowhere + twice)
    return rows + write_csv(_crm_batch(folder, known, "bad"), _stalled(company, today, "on_hold"))


def repair(folder: Path) -> int:
    """Withdraw the bad drop and correct the CRM."""
    known = _generated(folder)
    for path in (folder / "drops/leases").glob("*-bad.csv"):
        path.unlink()
    deals = _stalled(Company(known.scale), known.today, None)
    return write_csv(_crm_batch(folder, known, "repaired"), deals)


def _crm_batch(folder: Path, known: State, what: str) -> Path:
    """The deals of a batch that the CRM loads after those of today and before those of the next day."""
    return folder / "crm" / f"{known.day:04}-{what}" / "deals.csv"


def yesterday() -> date:
    """The last day that is over (UTC), as far as there is a simulation."""
    return min(datetime.now(UTC).date(), HORIZON - timedelta(days=30)) - timedelta(days=1)


def _stalled(company: Company, today: date, stage: str | None) -> list[Row]:
    """Deals that somebody moved in the night after `today`, or moved back a second later."""
    at = end_of(today) + timedelta(seconds=1 if stage else 2)
    deals = [row for row in crm_rows(company, today)["deals"] if row["stage"] == "negotiation"][-9:]
    return [{**row, "stage": stage or row["stage"], "updated_at": at} for row in deals]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path(".mesh/operations"))
    parser.add_argument("--scale", type=float, help="1 is 60 buildings and about 45,000 rows")
    parser.add_argument("--first", type=date.fromisoformat, help="the first day; yesterday when left out")
    parser.add_argument("--day", type=int, help="days after the first")
    parser.add_argument("--bad-batch", action="store_true", help="add a wrong delivery for the next day")
    parser.add_argument("--repair", action="store_true", help="withdraw and correct the wrong delivery")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    steps: list[Callable[[], int]] = []
    if not (options.bad_batch or options.repair) or options.scale or options.day is not None:
        known = state(options.folder)
        first = options.first or (known.first if known else yesterday())
        steps.append(lambda: generate(options.folder, options.scale or 1.0, options.day or 0, first))
    steps += [lambda: bad_batch(options.folder)] if options.bad_batch else []
    steps += [lambda: repair(options.folder)] if options.repair else []
    rows = sum(step() for step in steps)
    print(f"{rows:,} rows written to {options.folder}")


if __name__ == "__main__":
    main()
