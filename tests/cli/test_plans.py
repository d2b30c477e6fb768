"""A plan on one screen."""

from __future__ import annotations

from meshwright.cli.plans import compact
from meshwright.errors import Problem
from meshwright.experience.builds import Build
from meshwright.experience.plan.changes import Change, DomainChange, ProductChange, TableChange
from meshwright.experience.plan.explain import explain
from meshwright.experience.plan.plan import Plan, Refusal
from meshwright.model.address import ProductKey

ORDERS, REVENUE = ProductKey("sales", "orders"), ProductKey("finance", "revenue")


def added(product: ProductKey, *tables: str, build: bool = True) -> list[Change]:
    changes: list[Change] = [ProductChange(product, "add", "digest")]
    changes += [TableChange(product, table, "add", ("3 columns",)) for table in tables]
    return changes + ([Build(product, ("never published",), None)] if build else [])


def plan(changes: list[Change], **more: object) -> Plan:
    return Plan(
        mesh="acme",
        repository="acme",
        environment="dev",
        base="base",
        owned=("finance", "sales"),
        changes=tuple(changes),
        **more,  # type: ignore[arg-type]
    )


def test_an_added_product_takes_one_line() -> None:
    domains: list[Change] = [DomainChange("finance", "add"), DomainChange("sales", "add")]
    shown = plan([*domains, *added(REVENUE, "revenue@1"), *added(ORDERS, "orders@1", "orders@2")])
    assert list(compact(shown)) == [
        "+ domains finance, sales",
        "+ product finance/revenue  1 table: revenue@1",
        "+ product sales/orders     2 tables: orders@1, orders@2",
        "Plan: products 2 to add, 0 to change, 0 to remove; 2 to build. ready to apply.",
    ]


def test_many_tables_are_counted() -> None:
    names = [f"a_rather_long_name_{number}@1" for number in range(9)]
    assert next(iter(compact(plan(added(ORDERS, *names))))) == (
        "+ product sales/orders  9 tables: a_rather_long_name_0@1, and 8 more"
    )


def test_a_product_that_is_not_built_says_so() -> None:
    line = next(iter(compact(plan(added(ORDERS, "orders@1", build=False)))))
    assert line.endswith("1 table: orders@1; not built")


def test_what_is_changed_or_removed_is_explained_in_full_beside_what_is_added() -> None:
    others: list[Change] = [
        ProductChange(REVENUE, "change", "digest", ("models/revenue.sql",)),
        Build(REVENUE, ("declarations or code changed",), None),
    ]
    lines = list(compact(plan([*added(ORDERS, "orders@1"), *others])))
    assert lines[1:3] == list(explain(plan(others)))[:2]


def test_nothing_added_is_explained_as_ever() -> None:
    others: list[Change] = [ProductChange(REVENUE, "remove", "digest")]
    assert list(compact(plan(others))) == list(explain(plan(others)))


def test_warnings_and_refusals_of_an_added_product_are_told_once() -> None:
    warned = plan(added(ORDERS, "orders@1"), warnings=(Problem("MW301", "reads what is deprecated"),))
    assert [line for line in compact(warned) if "deprecated" in line] == ["! MW301 reads what is deprecated"]
    refused = plan(added(ORDERS, "orders@1"), refusals=(Refusal("MW500", "sales/orders", "no", "yes"),))
    assert list(compact(refused))[-3:] == [
        "x MW500 sales/orders: no",
        "    way out: yes",
        "Plan: products 1 to add, 0 to change, 0 to remove; 1 to build. REFUSED (1).",
    ]
