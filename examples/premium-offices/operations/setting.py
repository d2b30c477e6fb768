"""The setting: places, prices, names and the odds of everything, measured in no real market."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

Row = dict[str, Any]

FIRST_DAY = date(2026, 5, 29)
"""The day on which the example starts where nothing else is said; asking rents are of this day."""
HORIZON = date(2029, 12, 31)
"""So far is simulated."""
CRM_START = date(2024, 1, 1)
INVOICES_START = date(2024, 7, 1)

# submarket, city, postal code, latitude, longitude, prime rent in EUR per sqm and year, months to let
SUBMARKETS = [
    ("zuidas", "Amsterdam", "1082", 52.338, 4.873, 505, 4.0),
    ("amsterdam_centre", "Amsterdam", "1012", 52.373, 4.893, 440, 4.5),
    ("sloterdijk", "Amsterdam", "1043", 52.389, 4.838, 275, 8.0),
    ("amsterdam_southeast", "Amsterdam", "1101", 52.311, 4.943, 235, 9.0),
    ("rotterdam_central", "Rotterdam", "3013", 51.924, 4.469, 280, 6.5),
    ("kop_van_zuid", "Rotterdam", "3072", 51.906, 4.488, 235, 8.0),
    ("alexander", "Rotterdam", "3067", 51.952, 4.553, 165, 12.0),
    ("utrecht_central", "Utrecht", "3511", 52.089, 5.110, 300, 5.0),
    ("papendorp", "Utrecht", "3528", 52.065, 5.087, 215, 9.0),
    ("the_hague_centre", "The Hague", "2511", 52.078, 4.313, 230, 7.5),
    ("beatrixkwartier", "The Hague", "2594", 52.081, 4.331, 215, 7.0),
    ("strijp", "Eindhoven", "5617", 51.447, 5.457, 205, 7.0),
]
GRADE_FACTOR = {"A": 1.0, "B": 0.79, "C": 0.61}
LABELS = ["A++++", "A+++", "A++", "A+", "A", "B", "C", "D", "E", "F", "G"]
SECTORS = {
    "technology": (0.24, 0.9),
    "professional_services": (0.22, 0.5),
    "finance": (0.16, 0.4),
    "public": (0.09, 0.3),
    "media": (0.10, 1.3),
    "energy": (0.07, 0.7),
    "health": (0.07, 0.8),
    "coworking": (0.05, 2.2),
}
"""Share of tenants, and how late they pay compared with the average."""
STAGES = ["enquiry", "viewing", "proposal", "negotiation", "signed"]
# of the deals that reach a stage and are not won in the end: share that goes one stage further
GOES_ON = {"enquiry": 0.62, "viewing": 0.46, "proposal": 0.42, "negotiation": 0.0}
DWELL_DAYS = {"enquiry": 9.0, "viewing": 19.0, "proposal": 24.0, "negotiation": 31.0}
MONTH_WEIGHT = [0.9, 1.05, 1.15, 1.1, 1.1, 1.0, 0.65, 0.6, 1.25, 1.25, 1.15, 0.7]
OFFICES = ["Amsterdam", "Amsterdam", "Rotterdam", "Utrecht", "The Hague", "Eindhoven"]
CHANNELS = {"website": 0.34, "referral": 0.24, "portal": 0.22, "event": 0.08, "cold_call": 0.12}
LOST_REASONS = ["rent", "location", "area", "fit_out", "stayed_put", "timing"]
SYLLABLES = [
    "al",
    "ba",
    "cor",
    "da",
    "en",
    "fa",
    "gri",
    "ha",
    "is",
    "jo",
    "ka",
    "lu",
    "mar",
    "no",
    "or",
    "pa",
    "quin",
    "ro",
    "sol",
    "ta",
    "ul",
    "ven",
    "wes",
    "xi",
    "yor",
    "zan",
]
ENDINGS = ["Advisory", "Analytics", "Bank", "Energy", "Group", "Health", "Labs", "Legal", "Media", "Works"]
FIRST_NAMES = [
    "Anna",
    "Bram",
    "Chiara",
    "Daan",
    "Eva",
    "Finn",
    "Greta",
    "Hugo",
    "Iris",
    "Jonas",
    "Kim",
    "Lars",
    "Mila",
    "Noor",
    "Otto",
    "Pim",
    "Rosa",
    "Sem",
]
LAST_NAMES = [
    "Bakker",
    "Costa",
    "Dekker",
    "Evers",
    "Fontein",
    "Groen",
    "Haas",
    "Jansen",
    "Kok",
    "Lind",
    "Mulder",
    "Peters",
    "Smit",
    "Vos",
    "Wolf",
]


def months_between(first: date, last: date) -> Iterator[date]:
    """The first days of the months from that of `first` to that of `last`."""
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        yield date(year, month, 1)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def pick(rng: random.Random, weights: dict[str, float]) -> str:
    """A key, chosen with its weight."""
    return rng.choices(list(weights), list(weights.values()))[0]


def moment(rng: random.Random, day: date) -> datetime:
    """A moment in the office hours of `day`, in UTC."""
    at = time(rng.randint(7, 16), rng.randint(0, 59), rng.randint(0, 59))
    return datetime.combine(day, at, tzinfo=UTC)


def market_rent(submarket: str, grade: str, day: date) -> float:
    """What the market pays, in EUR per sqm and year: prime rent, grade, growth and a slow cycle."""
    prime = next(entry[5] for entry in SUBMARKETS if entry[0] == submarket)
    years = (day - date(2020, 1, 1)).days / 365.25
    cycle = 1 + 0.02 * math.sin(years * 1.1 + len(submarket))
    return prime * GRADE_FACTOR[grade] * 1.028**years / 1.2 * cycle
