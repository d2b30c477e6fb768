"""Models as people write them: three to five tables joined, CTEs, twenty columns."""

from __future__ import annotations

import random
from dataclasses import dataclass

TABLES: dict[str, tuple[str, ...]] = {
    "crm.deals": (
        *("id", "client_id", "broker_id", "building_id", "status", "amount", "fee", "currency"),
        *("opened_at", "closed_at", "channel", "note"),
    ),
    "crm.clients": ("client_id", "name", "email", "city", "country", "segment", "since", "rating"),
    "hr.brokers": ("broker_id", "full_name", "team", "office", "hired_on", "manager_id", "quota"),
    "estate.buildings": ("building_id", "street", "town", "postcode", "area", "floors", "built", "grade"),
    "estate.leases": ("lease_id", "building_id", "client_id", "starts_on", "ends_on", "rent", "deposit"),
    "finance.rates": ("currency", "valid_on", "rate", "source"),
}
"""The tables that models read; columns of one name join."""

_JOINS = (
    ("crm.deals", "crm.clients", "client_id"),
    ("crm.deals", "hr.brokers", "broker_id"),
    ("crm.deals", "estate.buildings", "building_id"),
    ("crm.deals", "finance.rates", "currency"),
    ("estate.buildings", "estate.leases", "building_id"),
)
_NUMBERS = frozenset({"amount", "fee", "quota", "area", "floors", "rent", "deposit", "rate", "rating"})
_DATES = frozenset({"opened_at", "closed_at", "since", "hired_on", "starts_on", "ends_on", "valid_on"})


@dataclass(frozen=True)
class RealisticModel:
    """A statement, and the tables it reads."""

    sql: str
    tables: tuple[str, ...]


def realistic_models(count: int, seed: int = 1) -> list[RealisticModel]:
    """As many models as asked for; the same ones for the same seed."""
    chance = random.Random(seed)
    return [_model(chance) for _ in range(count)]


def _model(chance: random.Random) -> RealisticModel:
    joins: list[tuple[str, str, str]] = []
    tables = ["crm.deals"]
    wanted = chance.randint(3, 5)
    while len(tables) < wanted:
        found = [join for join in _JOINS if join[0] in tables and join[1] not in tables]
        joins.append(chance.choice(found))
        tables.append(joins[-1][1])
    names = {table: table.split(".")[1][:2] + str(n) for n, table in enumerate(tables)}
    available = [(names[table], column) for table in tables for column in TABLES[table]]
    chance.shuffle(available)
    columns = [_column(chance, n, *available[n % len(available)]) for n in range(12)]
    deals = names["crm.deals"]
    lines = ["with joined as (", f"  select {deals}.id as deal,", f"    {deals}.client_id as client,"]
    lines.append(",\n".join(f"    {alias}.{name} as c{n}" for n, (alias, name, _) in enumerate(columns)))
    lines.append(f"  from crm.deals as {deals}")
    for left, right, column in joins:
        kind = chance.choice(("join", "left join", "left join"))
        condition = f"{names[right]}.{column} = {names[left]}.{column}"
        lines.append(f"  {kind} {right} as {names[right]} on {condition}")
    lines.append(f"  where {deals}.status in ('won', 'open')\n    and coalesce({deals}.amount, 0) > 0")
    lines += ["), kept as (", "  select *, row_number() over (partition by client order by deal) as place"]
    lines += ["  from joined", "  where client is not null", ")"]
    grouped = chance.random() < 0.4
    results = ["deal", "client", *(_result(n, *column, grouped) for n, column in enumerate(columns))]
    results += [_more(chance, n, grouped) for n in range(6)]
    lines.append("select\n  " + ",\n  ".join(results))
    lines.append("from kept\nwhere place = 1")
    if grouped:
        lines.append("group by deal, client")
    lines.append("order by deal")
    return RealisticModel("\n".join(lines) + "\n", tuple(tables))


def _column(chance: random.Random, number: int, alias: str, name: str) -> tuple[str, str, str]:
    kind = "number" if name in _NUMBERS else "date" if name in _DATES else "text"
    return alias, name, kind


def _result(number: int, alias: str, name: str, kind: str, grouped: bool) -> str:
    column = f"c{number}"
    if grouped:
        return f"{'sum' if kind == 'number' else 'max'}({column}) as {name}_{number}"
    if kind == "number":
        return f"round({column} * 1.19, 2) as {name}_{number}"
    return f"{column} as {name}_{number}" if kind == "date" else f"trim({column}) as {name}_{number}"


def _more(chance: random.Random, number: int, grouped: bool) -> str:
    one, other = chance.sample([f"c{n}" for n in range(12)], 2)
    text = chance.choice(
        (
            f"case when {one} is null then 'none' else cast({other} as varchar) end",
            f"coalesce(cast({one} as varchar), cast({other} as varchar))",
            f"concat({one}, '-', {other})",
        )
    )
    return f"{f'max({text})' if grouped else text} as m{number}"
