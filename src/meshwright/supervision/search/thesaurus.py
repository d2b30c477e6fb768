"""Words that people of business use for each other, and words that say nothing of what is asked for.

Words of one line count as each other, at a part of the weight. It is short on purpose: what a mesh means by
its own words belongs into its documents (`synonyms` and `businessName` of ODCS).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

_ALIKE = """
customer client buyer
tenant lessee renter occupier
landlord lessor
lease tenancy
contract agreement
rent rental
vacant empty unoccupied unlet idle vacancy
free available
occupied let leased rented
building property premises
employee staff worker personnel
salary wage pay compensation
revenue sales turnover income
invoice bill
payment paid pay
debt arrears overdue outstanding owe owed
delay late delayed lateness
price cost charge fee
product article item
supplier vendor
shipment delivery
vehicle car
plane aircraft airplane
airline carrier
rain precipitation
temperature warm cold heat
city town municipality
country nation
address location place
area surface size
sqm metre meter
amount sum total
average mean typical
rate percentage share ratio
probability chance likelihood likely
forecast prediction expected
phone telephone mobile
email mail
deal opportunity
prospect lead
broker agent
pipeline funnel
start begin
end expire expiry finish terminate
buy purchase acquire bought
manufacturer maker producer made
capacity seats
built construction constructed
renovate refurbish refurbishment renovation
discount rebate
tax vat
profit margin earnings
stock inventory
refund return
year annual yearly
month monthly
week weekly
day daily
hour hourly
person people individual
loan credit
insolvent bankrupt
compare comparison versus against
trend development history
departure depart leave left
arrival arrive
"""

_SILENT = """
a about all also am an and any are as at be been being by can could did do does doing each for from get give
given go goes had has have having he her here his how i if in into is it its just kind let's like list look
looking many may me mean means more most much must my need of on one or our ours please put really see she
should show so some such tell than that the their them then there these they thing things this those to us
use used using want was we were what what's when where which who whom whose why will with would you your
find found know information info data dataset datasets table tables column columns
"""


@cache
def alike() -> Mapping[str, Sequence[str]]:
    """Other words for each word that has some."""
    found: dict[str, list[str]] = {}
    for line in _ALIKE.strip().splitlines():
        words = line.split()
        for word in words:
            found.setdefault(word, []).extend(other for other in words if other != word)
    return found


@cache
def silent() -> frozenset[str]:
    """Words that are not looked for where others are asked for."""
    return frozenset(_SILENT.split())
