"""Events from outside are judged by the standard, and become lineage that is told apart from our own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange.told_events import (
    RUN,
    by_client,
    columns,
    dataset,
    dataset_event,
    facet,
    job_event,
    run_event,
    schema,
)
from tests.journeys.mesh_folder import MeshFolder, orders_mesh
from tests.metamodel.declared import Kept, bundles_of_tree, rows_of

from meshwright.adapters.registry import SqlRegistry, open_registry
from meshwright.errors import InputError
from meshwright.model.external import External, ExternalKey
from meshwright.standards.openlineage_events import MAX_DATASETS, read_event
from meshwright.supervision.lineage.received import folded, receive
from meshwright.supervision.metamodel.tables import MeshTables

RAW = ("postgres://db:5432", "crm.public.customers")
MART = ("s3://lake", "mart/customers")
OURS = ("mesh://acme", "sales.orders.orders@1")


# --- what the standard allows


def test_events_of_the_standards_own_client_are_taken() -> None:
    event = run_event("START", [dataset(*RAW)], [dataset(*MART)])
    told = read_event(by_client(event))
    assert (told.kind, told.type, told.run, told.job) == ("run", "START", RUN, ("airflow", "nightly"))
    assert told.at == "2026-05-01T10:00:00.000000Z"
    assert [(each.namespace, each.name) for each in told.inputs] == [RAW]


def test_the_events_that_we_send_ourselves_are_taken(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path / "mesh")
    settings = {"mesh": "acme", "environments": {"dev": {"openlineage": "events.jsonl"}}}
    (mesh.root / "mesh.yaml").write_text(json.dumps(settings))
    mesh.run("apply", "--yes")
    events = [json.loads(line) for line in (mesh.root / "events.jsonl").read_text().splitlines()]
    told = [read_event(event) for event in events]
    assert {each.type for each in told} == {"START", "COMPLETE"}
    assert any("columnLineage" in out.facets for each in told for out in each.outputs)


def _without(event: dict[str, Any], *path: str) -> dict[str, Any]:
    copy = json.loads(json.dumps(event))
    at = copy
    for part in path[:-1]:
        at = at[part]
    del at[path[-1]]
    return copy


WHOLE = run_event("COMPLETE", [dataset(*RAW)], [dataset(*MART, schema=schema("id"))])

WRONG: Mapping[str, Any] = {
    "eventTime: field required": _without(WHOLE, "eventTime"),
    "producer: field required": _without(WHOLE, "producer"),
    "schemaURL: field required": _without(WHOLE, "schemaURL"),
    "run.runId: field required": _without(WHOLE, "run", "runId"),
    "job.name: field required": _without(WHOLE, "job", "name"),
    "run.runId: badly formed": {**WHOLE, "run": {"runId": "seven"}},
    "eventType: input should be": {**WHOLE, "eventType": "DONE"},
    "eventTime: input should have timezone": {**WHOLE, "eventTime": "2026-05-01T12:00:00"},
    "producer: it is no URI": {**WHOLE, "producer": "me"},
    "inputs.0.name: field required": {**WHOLE, "inputs": [{"namespace": "x"}]},
    "outputs.0.facets.schema.fields.0.name": {
        **WHOLE,
        "outputs": [dataset(*MART, schema=facet(fields=[{"type": "INT"}]))],
    },
    "outputs.0.facets.other._schemaURL: field required": {
        **WHOLE,
        "outputs": [dataset(*MART, other={"_producer": "https://a", "x": 1})],
    },
    "facets.columnLineage.fields.id.inputFields.0.transformations.0.type": {
        **WHOLE,
        "outputs": [dataset(*MART, columnLineage=columns(id=[(*RAW, "id", {"type": "SOMEHOW"})]))],
    },
    "a JSON object": [WHOLE],
    f"more than {MAX_DATASETS} datasets": {
        **WHOLE,
        "inputs": [dataset("n", str(number)) for number in range(MAX_DATASETS)],
    },
}


@pytest.mark.parametrize("words", WRONG)
def test_what_the_standard_does_not_allow_is_refused_with_its_place(words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_event(WRONG[words])
    assert words in f"{caught.value} {caught.value.why}"


def test_deep_nesting_is_refused() -> None:
    deep: Any = {}
    for _ in range(50_000):
        deep = {"x": deep}
    with pytest.raises(InputError, match="no RunEvent"):
        read_event({**WHOLE, "job": {"namespace": "a", "name": "b", "facets": {"f": facet(x=deep)}}})


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["run", "job", "dataset", "facets", "namespace", "name", "inputs", "eventTime"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_an_event_or_a_refusal(value: Any) -> None:
    try:
        read_event(value)
    except InputError:
        return
    raise AssertionError("it has no producer")


def test_passwords_in_urls_are_not_kept() -> None:
    one = dataset("postgres://ada:secret@db", "t", dataSource=facet(uri="jdbc:postgres://ada:secret@db/x"))
    told = read_event(run_event(inputs=[one]))
    assert "secret" not in repr(told)
    assert told.inputs[0].namespace == "postgres://ada@db"


# --- what is known after some events


def known_after(*events: Mapping[str, Any]) -> dict[ExternalKey, Mapping[str, Any]]:
    known: dict[ExternalKey, Mapping[str, Any]] = {}
    for event in events:
        known |= folded(known, read_event(event))
    return known


def edges_of(external: External) -> set[tuple[str, str | None, str, str | None, str]]:
    tables = MeshTables.empty("acme").refreshed(Kept({}, kept_external=external))
    return {
        (row["from_name"], row["from_column"], row["to_name"], row["to_column"], row["subtype"])
        for row in rows_of(tables, "external_edges")
    }


def test_a_run_reads_and_writes_what_all_of_its_events_say() -> None:
    external = known_after(
        run_event("START", [dataset("n", "a")], at="2026-05-01T12:00:00Z"),
        run_event("RUNNING", [dataset("n", "b")], [dataset("n", "out")], at="2026-05-01T12:01:00Z"),
        run_event("COMPLETE", at="2026-05-01T12:02:00Z"),
    )
    assert {(source, target) for source, _, target, _, _ in edges_of(external)} == {
        ("a", "out"),
        ("b", "out"),
    }


def test_the_next_run_takes_the_place_of_the_last_when_it_is_complete() -> None:
    first = run_event(
        "COMPLETE", [dataset("n", "a")], [dataset("n", "out")], run=1, at="2026-05-01T12:00:00Z"
    )
    begun = run_event("START", [dataset("n", "b")], [dataset("n", "out")], run=2, at="2026-05-02T12:00:00Z")
    failed = run_event("FAIL", run=2, at="2026-05-02T12:30:00Z")
    done = run_event("COMPLETE", run=2, at="2026-05-02T13:00:00Z")
    assert {each[0] for each in edges_of(known_after(first, begun))} == {"a", "b"}
    assert {each[0] for each in edges_of(known_after(first, begun, failed))} == {"a"}
    assert {each[0] for each in edges_of(known_after(first, begun, done))} == {"b"}


def test_an_event_that_comes_late_replaces_nothing() -> None:
    new = run_event(
        "COMPLETE",
        [dataset("n", "b", documentation=facet(description="new"))],
        [dataset("n", "out")],
        run=2,
        at="2026-05-02T12:00:00Z",
    )
    old = run_event(
        "COMPLETE",
        [dataset("n", "b", documentation=facet(description="old"), owner=facet(x=1)), dataset("n", "a")],
        [dataset("n", "out")],
        run=1,
        at="2026-05-01T12:00:00Z",
    )
    external = known_after(new, old)
    assert {each[0] for each in edges_of(external)} == {"b"}
    facets = external[ExternalKey("dataset", "n", "b")]["facets"]
    assert facets["documentation"]["description"] == "new"
    assert facets["owner"]["x"] == 1


def test_a_facet_can_be_taken_back_and_unknown_ones_are_kept() -> None:
    strange = facet(anything={"goes": [1, None]})
    external = known_after(
        dataset_event(dataset("n", "a", strange=strange, documentation=facet(description="x")))
    )
    assert external[ExternalKey("dataset", "n", "a")]["facets"]["strange"] == strange
    gone = dataset_event(dataset("n", "a", documentation=facet(_deleted=True)), at="2026-06-01T00:00:00Z")
    kept = folded(external, read_event(gone))[ExternalKey("dataset", "n", "a")]["facets"]
    assert set(kept) == {"strange"}


def test_column_lineage_is_told_in_our_words() -> None:
    lineage = columns(
        id=[("n", "a", "id", {"type": "DIRECT", "subtype": "IDENTITY"})],
        mail=[("n", "a", "mail", {"type": "DIRECT", "subtype": "TRANSFORMATION", "masking": True})],
        total=[("n", "a", "amount", {"type": "DIRECT", "subtype": "AGGREGATION"})],
        odd=[("n", "a", "x", {"type": "INDIRECT", "subtype": "TELEPATHY"}), ("n", "a", "y")],
        rows=[("n", "a", "day", {"type": "INDIRECT", "subtype": "FILTER"})],
    )
    external = known_after(job_event([dataset("n", "a")], [dataset("n", "out", columnLineage=lineage)]))
    assert edges_of(external) == {
        ("a", None, "out", None, "rows"),
        ("a", "id", "out", "id", "identity"),
        ("a", "mail", "out", "mail", "transformation"),
        ("a", "amount", "out", "total", "aggregation"),
        ("a", "x", "out", "odd", "conditional"),
        ("a", "y", "out", "odd", "unknown"),
        ("a", "day", "out", None, "filter"),
    }


# --- in a mesh


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> MeshFolder:
    """The orders mesh; its CSV file is written by one job, its output is read by another."""
    folder = orders_mesh(tmp_path_factory.mktemp("told") / "mesh")
    folder.run("apply", "--yes")
    made = columns(amount=[(*RAW, "amount", {"type": "DIRECT", "subtype": "IDENTITY"})])
    read = columns(spent=[(*OURS, "amount", {"type": "DIRECT", "subtype": "AGGREGATION"})])
    source = dataset("mesh://acme", "source:orders-file.orders", columnLineage=made)
    with registry_of(folder) as registry:
        for event in (
            run_event("COMPLETE", [dataset(*RAW, schema=schema("id", "amount"))], [source], job="extract"),
            run_event("COMPLETE", [dataset(*OURS)], [dataset(*MART, columnLineage=read)], job="report"),
            run_event("COMPLETE", [dataset(*MART)], [dataset("powerbi", "Sales.Board")], job="board"),
        ):
            assert receive(registry, "dev", read_event(event))
            assert not receive(registry, "dev", read_event(event))
    return folder


def registry_of(folder: MeshFolder) -> SqlRegistry:
    return open_registry(f"sqlite:///{folder.root}/.mesh/dev/registry.db")


def test_what_is_told_twice_is_recorded_once(mesh: MeshFolder) -> None:
    facts = mesh.rows("select subject, payload from mesh.facts where kind = 'lineage.told' order by sequence")
    assert [json.loads(fact["payload"])["job"]["name"] for fact in facts] == ["extract", "report", "board"]
    assert {fact["subject"] for fact in facts} == {"dev"}
    assert "not follow" not in mesh.run("facts", "--verify").text


def test_datasets_that_are_ours_are_joined(mesh: MeshFolder) -> None:
    rows = mesh.rows("select * from mesh.external_datasets order by namespace, name")
    joined = {row["name"]: (row["joined_to"], row["joined_object"]) for row in rows}
    assert joined == {
        "sales.orders.orders@1": ("mesh://acme/sales/orders/orders@1", "orders"),
        "source:orders-file.orders": ("source:orders-file@1", "orders"),
        "crm.public.customers": (None, None),
        "mart/customers": (None, None),
        "Sales.Board": (None, None),
    }
    nodes = mesh.rows(
        "select count(*) as n from mesh.external_edges e join mesh.edges m on m.from_node = e.to_node"
    )
    assert nodes[0]["n"] >= 2
    jobs = mesh.rows("select name, status, inputs, outputs from mesh.external_jobs order by name")
    assert [(job["name"], job["status"], job["inputs"]) for job in jobs] == [
        ("board", "COMPLETE", 1),
        ("extract", "COMPLETE", 1),
        ("report", "COMPLETE", 1),
    ]


def test_lineage_goes_on_outside_the_mesh_and_says_so(mesh: MeshFolder) -> None:
    answer = mesh.run("lineage", "finance.revenue.revenue.amount", "--upstream", "--format", "json").data
    found = {(each["address"], each["column"]): each for each in answer["upstream"]}
    far = found["dataset:postgres://db:5432", "amount"]
    assert [(step["origin"], step["job"], step["model"]) for step in far["path"]] == [
        ("told", "airflow/extract", None),
        ("computed", None, "orders"),
        ("computed", None, "revenue"),
    ]
    down = mesh.run("lineage", "sales.orders.orders.amount", "--downstream", "--format", "json").data
    reached = {(each["object"], each["column"], each["how"]) for each in down["downstream"]}
    assert ("mart/customers", "spent", "aggregation") in reached
    assert any(name == "Sales.Board" and how == "unknown" for name, _, how in reached)


def test_a_dataset_outside_can_be_asked_about(mesh: MeshFolder) -> None:
    answer = mesh.run("lineage", "dataset:postgres://db:5432.crm.public.customers", "--downstream")
    assert "finance.revenue.revenue" in answer.out
    column = mesh.run("lineage", "dataset:postgres://db:5432.crm.public.customers.amount", "--downstream")
    assert "airflow/extract" in column.out
    wrong = mesh.run("lineage", "dataset:postgres://db:5432.crm.public.customer", code=2)
    assert "did you mean" in wrong.text


def test_servers_of_contracts_name_the_datasets_that_others_know() -> None:
    examples = Path(__file__).resolve().parents[2] / "examples" / "premium-offices"
    bundles = bundles_of_tree(examples)
    tables = MeshTables.empty("premium_offices").refreshed(Kept(bundles))
    servers = [row for row in rows_of(tables, "servers") if row["dataset_namespace"]]
    for row in servers:
        assert row["dataset_name"]
