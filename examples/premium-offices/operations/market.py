"""The market around Premium Offices, as a data provider sees it."""

from __future__ import annotations

import random
from datetime import date, timedelta

from setting import GRADE_FACTOR, HORIZON, SUBMARKETS, Row, market_rent, months_between


def observe_market(rng: random.Random, scale: float) -> tuple[list[Row], list[Row]]:
    """Rents by quarter, submarket and grade; offers of others."""
    rents: list[Row] = []
    listings: list[Row] = []
    quarters = [m for m in months_between(date(2020, 1, 1), HORIZON) if m.month in (1, 4, 7, 10)]
    for quarter in quarters:
        for submarket, city, *_ in SUBMARKETS:
            for grade in GRADE_FACTOR:
                mean = market_rent(submarket, grade, quarter)
                rents.append(
                    {
                        "quarter": quarter.isoformat(),
                        "city": city,
                        "submarket": submarket,
                        "grade": grade,
                        "rent_eur_sqm_year": round(mean * rng.lognormvariate(0, 0.012), 2),
                        "transactions": max(3, round(rng.lognormvariate(2.6, 0.5))),
                        "seen": quarter + timedelta(days=100),
                    }
                )
    for number in range(1, round(900 * scale) + 1):
        submarket, city, *_ = rng.choice(SUBMARKETS)
        grade = rng.choices(["A", "B", "C"], [4, 4, 2])[0]
        listed = date(2025, 1, 1) + timedelta(days=rng.randint(0, (HORIZON - date(2025, 1, 1)).days))
        asking = market_rent(submarket, grade, listed) * rng.lognormvariate(0.05, 0.09)
        listings.append(
            {
                "listing_id": f"M{number:06}",
                "submarket": submarket,
                "grade": grade,
                "area_sqm": max(50, round(rng.lognormvariate(6.1, 0.6))),
                "asking_rent_eur_sqm_year": round(asking, 2),
                "listed_on": listed.isoformat(),
                "provider": rng.choice(["Kantoorvinder", "OfficeNet", "Workplace Exchange"]),
                "seen": listed,
            }
        )
    return rents, listings
