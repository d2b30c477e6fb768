"""What policies find, on the pages: judged as the mesh is now, with what sweeps recorded."""

from __future__ import annotations

import json

from mesh_folder import MeshFolder
from reading import Page
from serving import client_of, site_at
from starlette.testclient import TestClient

from meshwright.server.app import create_app

DESCRIBED = {
    "policy": "described",
    "title": "Every column is described",
    "severity": "warning",
    "why": "Names are not enough.",
    "fix": "Describe it.",
    "query": "select address, 'it says nothing' as reason from mesh.columns"
    " where description is null and binding = 'output'",
}
BROKEN = {
    **DESCRIBED,
    "policy": "broken",
    "severity": "info",
    "query": "select address, reason from mesh.runs",
}


def demand(mesh: MeshFolder, *policies: dict[str, str], **waiver: str) -> None:
    """Have these policies, and apply them."""
    folder = mesh.root / "policies"
    (folder / "waivers").mkdir(parents=True, exist_ok=True)
    for policy in policies:
        (folder / f"{policy['policy']}.yaml").write_text(json.dumps(policy))
    if waiver:
        (folder / "waivers" / "one.yaml").write_text(json.dumps(waiver))
    mesh.run("apply", "--yes")


def read(client: TestClient, address: str) -> Page:
    answer = client.get(address)
    assert answer.status_code == 200
    return Page(address, answer.text)


def test_a_mesh_without_policies_says_so(orders: MeshFolder) -> None:
    client = client_of(orders.root)
    assert "No policies are in force" in read(client, "/governance").text
    assert "No policies are in force" in read(client, "/mesh/sales/orders/policies").text
    assert "Marks" not in read(client, "/portfolio").text


def test_violations_are_shown_as_the_mesh_is_now_and_with_their_waivers(orders: MeshFolder) -> None:
    demand(
        orders,
        DESCRIBED,
        policy="described",
        address="mesh://acme/finance/revenue",
        reason="It is new.",
        approver="cdo@acme.example",
        expires="2999-12-31",
    )
    site = site_at(orders.root)
    client = TestClient(create_app(site))
    page = read(client, "/governance")
    assert "Every column is described" in page.text and "3 violations" in page.text
    assert "/mesh/sales/orders/orders@1/orders/amount" in page.links
    assert "not recorded" in page.text and "cdo@acme.example" in page.text
    assert "3 violations" in read(client, "/mesh/sales/orders/policies").text
    waived = read(client, "/mesh/finance/revenue/policies").text
    assert "0 violations" in waived and "2 waived" in waived and "It is new." in waived
    assert "Marks" in read(client, "/portfolio?sort=compliance").text
    orders.run("policy", "check", "--record", code=None)
    site.live.current()
    site.policies.settled()
    assert "not recorded" not in read(client, "/governance").text
    assert "Open violations by day" in client.get("/governance").text
    assert "None" in read(client, "/governance?domain=finance").text


def test_a_policy_that_cannot_be_judged_is_told_and_the_others_are_judged(orders: MeshFolder) -> None:
    demand(orders, DESCRIBED)
    folder = orders.root / "policies"
    (folder / "broken.yaml").write_text(json.dumps(BROKEN))
    orders.run("apply", "--yes", code=None)
    page = read(client_of(orders.root), "/governance")
    assert "5 violations" in page.text


def test_what_is_applied_while_it_is_served_is_judged_anew(orders: MeshFolder) -> None:
    site = site_at(orders.root)
    client = TestClient(create_app(site))
    assert "No policies are in force" in read(client, "/governance").text
    demand(orders, DESCRIBED)
    site.live.current()
    site.policies.settled()
    assert "5 violations" in read(client, "/governance").text
