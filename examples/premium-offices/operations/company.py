"""Premium Offices: everything that happens to it, simulated once and seen as of a day.

`Company(scale)` is deterministic: the same scale gives the same buildings, leases, deals and
invoices. Everything carries the day on which the company learns of it, so the operational
systems of any day are a filter over one simulation, and the rows of day 12 never contradict
those of day 3.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from market import observe_market
from setting import (
    CHANNELS,
    CRM_START,
    DWELL_DAYS,
    ENDINGS,
    FIRST_DAY,
    FIRST_NAMES,
    GOES_ON,
    HORIZON,
    INVOICES_START,
    LABELS,
    LAST_NAMES,
    LOST_REASONS,
    MONTH_WEIGHT,
    OFFICES,
    SECTORS,
    STAGES,
    SUBMARKETS,
    SYLLABLES,
    Row,
    market_rent,
    moment,
    months_between,
    pick,
)


@dataclass
class Company:
    """Everything that happens until `HORIZON`; lists of rows, each with its `seen` day."""

    scale: float = 1.0
    seed: int = 20260630
    buildings: list[Row] = field(default_factory=list)
    spaces: list[Row] = field(default_factory=list)
    tenants: list[Row] = field(default_factory=list)
    leases: list[Row] = field(default_factory=list)  # versions of leases
    invoices: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    brokers: list[Row] = field(default_factory=list)
    prospects: list[Row] = field(default_factory=list)
    deals: list[Row] = field(default_factory=list)  # without stage: that follows from the events
    events: list[Row] = field(default_factory=list)
    viewings: list[Row] = field(default_factory=list)
    rents: list[Row] = field(default_factory=list)  # what others pay and offer
    listings: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._build_assets(self._rng("assets"))
        self._sign_leases(self._rng("leases"))
        self._send_invoices(self._rng("invoices"))
        self._broker_deals(self._rng("deals"))
        self.rents, self.listings = observe_market(self._rng("market"), self.scale)

    def _rng(self, part: str) -> random.Random:
        return random.Random(f"{self.seed}/{self.scale}/{part}")

    # --- assets

    def _build_assets(self, rng: random.Random) -> None:
        for number in range(1, round(60 * self.scale) + 1):
            submarket, city, postal, latitude, longitude, prime, _ = rng.choice(SUBMARKETS)
            quality = rng.gauss((prime - 270) / 220, 0.8)
            grade = "A" if quality > 0.25 else "B" if quality > -0.7 else "C"
            built = int(min(2023, max(1898, rng.gauss(1996 + 9 * quality, 11))))
            label = min(10, max(0, round(4 + (2008 - built) / 9 + rng.gauss(0, 1.2))))
            building = f"B{number:04}"
            acquired = date(2013, 1, 1) + timedelta(days=rng.randint(0, 3900))
            floors = max(3, min(24, round(rng.lognormvariate(1.9, 0.45))))
            total = 0
            for floor in range(floors):
                for letter in "ABC"[: rng.choices([1, 2, 3], [5, 4, 1])[0]]:
                    area = max(60, round(rng.lognormvariate(6.0, 0.55)))
                    total += area
                    premium = 1 + 0.006 * floor + rng.gauss(0, 0.03)
                    self.spaces.append(
                        {
                            "space_id": f"{building}-{floor:02}{letter}",
                            "building_id": building,
                            "floor": floor,
                            "area_sqm": area,
                            "fit_out": rng.choices(["shell", "standard", "fitted"], [2, 5, 3])[0],
                            "asking_rent_eur_sqm_year": round(
                                market_rent(submarket, grade, FIRST_DAY) * premium * 1.04, 2
                            ),
                            "_premium": premium,
                            "_submarket": submarket,
                            "_grade": grade,
                            "_from": acquired,
                        }
                    )
            price = total * market_rent(submarket, grade, acquired) / rng.gauss(0.058, 0.006)
            name = " ".join(rng.choice(SYLLABLES).title() for _ in range(1)) + rng.choice(
                [" House", " Tower", " Court", " Plaza", " Yard", "gate", " Hall"]
            )
            self.buildings.append(
                {
                    "building_id": building,
                    "name": f"{name} {number}",
                    "city": city,
                    "submarket": submarket,
                    "postal_code": f"{postal} {rng.choice('ABCDEGHKLNPRSTVWXZ')}{rng.choice('ABCDEGHKL')}",
                    "latitude": round(latitude + rng.gauss(0, 0.004), 6),
                    "longitude": round(longitude + rng.gauss(0, 0.006), 6),
                    "grade": grade,
                    "built_year": built,
                    "energy_label": LABELS[label],
                    "floors": floors,
                    "lettable_area_sqm": total,
                    "acquired_on": acquired,
                    "acquisition_price_eur": round(price, -3),
                }
            )

    # --- leasing

    def _company(self, rng: random.Random) -> str:
        stem = "".join(rng.choice(SYLLABLES) for _ in range(rng.choice([2, 2, 3]))).title()
        return f"{stem} {rng.choice(ENDINGS)}"

    def _person(self, rng: random.Random, company: str) -> tuple[str, str, str]:
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        host = company.lower().replace(" ", "-")
        phone = f"+31 6 {rng.randint(10_000_000, 99_999_999)}"
        return f"{first} {last}", f"{first}.{last}@{host}.example".lower(), phone

    def _new_tenant(self, rng: random.Random, seen: date) -> Row:
        sector = pick(rng, {name: share for name, (share, _) in SECTORS.items()})
        name = self._company(rng)
        contact, email, phone = self._person(rng, name)
        tenant = {
            "tenant_id": f"T{len(self.tenants) + 1:05}",
            "name": name,
            "sector": sector,
            "registration_number": f"{rng.randint(10_000_000, 99_999_999)}",
            "country": rng.choices(["NL", "DE", "BE", "GB", "US"], [78, 7, 6, 4, 5])[0],
            "contact_name": contact,
            "contact_email": email,
            "contact_phone": phone,
            "_lateness": SECTORS[sector][1] * rng.lognormvariate(0, 0.7),
            "seen": seen,
        }
        self.tenants.append(tenant)
        return tenant

    def _sign_leases(self, rng: random.Random) -> None:
        for space in self.spaces:
            months_to_let = next(e[6] for e in SUBMARKETS if e[0] == space["_submarket"])
            free = space["_from"]
            let = rng.random() < 0.9  # when it was bought
            while True:
                gap = 0.0 if let else rng.lognormvariate(math.log(months_to_let * 30.4), 0.65)
                let = False
                start = (free + timedelta(days=int(gap))).replace(day=1)
                signed = start - timedelta(days=rng.randint(20, 140))
                if signed > HORIZON:
                    break
                free = self._lease(rng, space, signed, start)

    def _lease(self, rng: random.Random, space: Row, signed: date, start: date) -> date:
        loyal = rng.random() < 0.15 and self.tenants
        tenant = rng.choice(self.tenants) if loyal else self._new_tenant(rng, signed)
        tenant["seen"] = min(tenant["seen"], signed)
        years = rng.choices([2, 3, 5, 7, 10], [1, 3, 7, 2, 3])[0]
        end = date(start.year + years, start.month, 1) - timedelta(days=1)
        rent = market_rent(space["_submarket"], space["_grade"], signed) * space["_premium"]
        version = {
            "lease_id": f"L{int(self.leases[-1]['lease_id'][1:]) + 1 if self.leases else 1:06}",
            "space_id": space["space_id"],
            "tenant_id": tenant["tenant_id"],
            "signed_on": signed,
            "start_on": start,
            "end_on": end,
            "area_sqm": space["area_sqm"],
            "rent_eur_sqm_year": round(rent * rng.lognormvariate(0, 0.07), 2),
            "indexation_percent": round(max(0.0, rng.gauss(2.4, 0.6)), 1),
            "incentive_months": max(0, round(rng.gauss(years * 0.8, 1.2))),
            "status": "signed",
            "recorded_on": signed,
            "_space": space,
        }
        self.leases.append(version)
        if years >= 5 and rng.random() < 0.12:  # ends early: a second version of the lease
            left = timedelta(days=int((end - start).days * rng.uniform(0.4, 0.8)))
            end = (start + left).replace(day=1) - timedelta(days=1)
            notice = end - timedelta(days=180)
            self.leases.append({**version, "end_on": end, "status": "terminated", "recorded_on": notice})
        return end + timedelta(days=1)

    # --- finance

    def _send_invoices(self, rng: random.Random) -> None:
        lateness = {tenant["tenant_id"]: tenant["_lateness"] for tenant in self.tenants}
        last = {row["lease_id"]: row for row in self.leases}
        for month in months_between(INVOICES_START, HORIZON):
            for lease in last.values():
                if not lease["start_on"] <= month <= lease["end_on"]:
                    continue
                years = (month - lease["start_on"]).days // 365
                yearly = lease["rent_eur_sqm_year"] * lease["area_sqm"]
                net = round(yearly / 12 * (1 + lease["indexation_percent"] / 100) ** years, 2)
                issued = month - timedelta(days=14)
                invoice = {
                    "invoice_id": f"I{month:%Y%m}-{lease['lease_id'][1:]}",
                    "lease_id": lease["lease_id"],
                    "tenant_id": lease["tenant_id"],
                    "period": month,
                    "issued_on": issued,
                    "due_on": month,
                    "net_eur": net,
                    "vat_eur": round(net * 0.21, 2),
                    "seen": issued,
                }
                self.invoices.append(invoice)
                self._pay(rng, invoice, lateness[lease["tenant_id"]])

    def _pay(self, rng: random.Random, invoice: Row, lateness: float) -> None:
        if rng.random() < 0.004 * lateness:
            return  # never paid
        due = round(invoice["net_eur"] + invoice["vat_eur"], 2)
        parts = [due]
        if rng.random() < 0.02 * lateness:
            first = round(due * rng.uniform(0.3, 0.7), 2)
            parts = [first, round(due - first, 2)]
        delay = int(rng.lognormvariate(1.1 + 0.5 * math.log(0.3 + lateness), 0.9)) - 6
        for number, amount in enumerate(parts):
            paid = max(invoice["issued_on"], invoice["due_on"] + timedelta(days=delay + 30 * number))
            self.payments.append(
                {
                    "payment_id": f"P{invoice['invoice_id'][1:]}-{number + 1}",
                    "invoice_id": invoice["invoice_id"],
                    "paid_on": paid,
                    "amount_eur": amount,
                    "method": rng.choices(["transfer", "direct_debit"], [7, 3])[0],
                    "seen": paid,
                }
            )

    # --- brokerage

    def _broker_deals(self, rng: random.Random) -> None:
        for number in range(1, 15):
            name, email, _ = self._person(rng, "Premium Offices")
            office = rng.choice(OFFICES)
            self.brokers.append(
                {
                    "broker_id": f"BR{number:02}",
                    "name": name,
                    "email": email,
                    "office": office,
                    "active": number < 14,
                }
            )
        won = [row for row in self.leases if row["status"] == "signed" and row["signed_on"] >= CRM_START]
        starts = [(lease["signed_on"], lease) for lease in won]
        days = [CRM_START + timedelta(days=n) for n in range((HORIZON - CRM_START).days)]
        weights = [MONTH_WEIGHT[day.month - 1] * (1 if day.weekday() < 5 else 0.08) for day in days]
        for day in rng.choices(days, weights, k=round(len(won) * 4.2)):
            starts.append((day, None))
        for day, lease in sorted(
            starts, key=lambda entry: (entry[0], str(entry[1] and entry[1]["lease_id"]))
        ):
            self._deal(rng, day, lease)
        self.events.sort(key=lambda event: (event["occurred_at"], event["deal_id"]))
        for number, event in enumerate(self.events, 1):
            event["event_id"] = number

    def _prospect(self, rng: random.Random, created: datetime, city: str, area: int) -> Row:
        recent = self.prospects[-400:]
        if recent and rng.random() < 0.12:
            return rng.choice([p for p in recent if p["created_at"] <= created] or [recent[0]])
        name = self._company(rng)
        contact, email, phone = self._person(rng, name)
        prospect = {
            "prospect_id": f"PR{len(self.prospects) + 1:06}",
            "company": name,
            "sector": pick(rng, {key: share for key, (share, _) in SECTORS.items()}),
            "channel": pick(rng, CHANNELS),
            "preferred_city": city,
            "wanted_area_sqm": round(area * rng.lognormvariate(0, 0.3), -1) or 50,
            "contact_name": contact,
            "contact_email": email,
            "contact_phone": phone,
            "created_at": created,
            "updated_at": created,
            "seen": created.date(),
        }
        if rng.random() < 0.08:  # the contact changes some time later
            changed = created + timedelta(days=rng.randint(20, 300))
            name, email, phone = self._person(rng, prospect["company"])
            prospect["_change"] = {
                "contact_name": name,
                "contact_email": email,
                "contact_phone": phone,
                "updated_at": changed,
            }
        self.prospects.append(prospect)
        return prospect

    def _deal(self, rng: random.Random, day: date, lease: Row | None) -> None:
        space = lease["_space"] if lease else rng.choice(self.spaces)
        building = self.buildings[int(space["building_id"][1:]) - 1]
        reached, days = ["enquiry"], [0]
        while reached[-1] != "signed":
            stage = reached[-1]
            if lease is None and rng.random() > GOES_ON[stage]:
                break
            days.append(max(1, int(rng.lognormvariate(math.log(DWELL_DAYS[stage]), 0.6))))
            reached.append(STAGES[STAGES.index(stage) + 1])
        if lease is None:
            reached.append("lost")
            days.append(max(2, int(rng.lognormvariate(math.log(26), 0.7))))
        first = day - timedelta(days=sum(days)) if lease else day
        if first < CRM_START:
            return
        created = moment(rng, first)
        prospect = self._prospect(rng, created, building["city"], space["area_sqm"])
        deal_id = f"D{len(self.deals) + 1:06}"
        home = [b for b in self.brokers if b["office"] == building["city"]] or self.brokers
        broker = rng.choice(home)["broker_id"]
        asking = market_rent(space["_submarket"], space["_grade"], first) * space["_premium"] * 1.04
        self.deals.append(
            {
                "deal_id": deal_id,
                "prospect_id": prospect["prospect_id"],
                "space_id": space["space_id"],
                "broker_id": broker,
                "area_sqm": space["area_sqm"],
                "rent_eur_sqm_year": round(asking * rng.lognormvariate(-0.02, 0.06), 2),
                "lease_id": lease["lease_id"] if lease else None,
                "lost_reason": None if lease else rng.choice(LOST_REASONS),
                "created_at": created,
                "seen": first,
            }
        )
        at, before = created, None
        for stage, wait in zip(reached, days, strict=True):
            if wait:
                at = moment(rng, at.date() + timedelta(days=wait))
            self.events.append(
                {
                    "deal_id": deal_id,
                    "from_stage": before,
                    "to_stage": stage,
                    "broker_id": broker,
                    "occurred_at": at,
                    "seen": at.date(),
                }
            )
            before = stage
            if stage == "viewing":
                self._view(rng, deal_id, space["space_id"], at)

    def _view(self, rng: random.Random, deal_id: str, space_id: str, at: datetime) -> None:
        for number in range(rng.choices([1, 2, 3], [6, 3, 1])[0]):
            viewed = moment(rng, at.date() + timedelta(days=5 * number))
            self.viewings.append(
                {
                    "viewing_id": f"V{len(self.viewings) + 1:06}",
                    "deal_id": deal_id,
                    "space_id": space_id,
                    "viewed_at": viewed,
                    "attendees": rng.choices([1, 2, 3, 4, 6], [3, 5, 3, 2, 1])[0],
                    "rating": None
                    if rng.random() < 0.18
                    else rng.choices([1, 2, 3, 4, 5], [1, 2, 5, 6, 3])[0],
                    "seen": viewed.date(),
                }
            )
