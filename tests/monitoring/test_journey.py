"""From a failed run to an alert, by the command line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from receivers import Hook
from tests.journeys.mesh_folder import MeshFolder, orders_mesh
from tests.policy.policy_mesh import policy, waiver

from meshwright.errors import Unavailable

GOOD = ("id,customer,amount", "1,ada,10.5", "2,grace,20.0")
BAD = ("id,customer,amount", "1,lovelace,-10.5")


def watched(root: Path, *channels: dict[str, Any], **alerts: Any) -> MeshFolder:
    """The orders mesh with support channels of sales/orders, and an environment that alerts."""
    mesh = orders_mesh(root)
    document = {
        "mesh": "acme",
        "environments": {"dev": {"alerts": {"networks": ["127.0.0.0/8"], **alerts}}},
    }
    (root / "mesh.yaml").write_text(json.dumps(document))
    file = root / "domains/sales/orders/product.yaml"
    file.write_text(json.dumps({**json.loads(file.read_text()), "support": list(channels)}))
    return mesh


def webhook(url: str, **more: Any) -> dict[str, Any]:
    return {"channel": "ops", "url": url, "tool": "webhook", **more}


def test_a_failed_run_is_told_once_with_its_end(tmp_path: Path, hook: Hook) -> None:
    mesh = watched(tmp_path, webhook(hook.url))
    mesh.run("apply", "--yes")
    assert hook.told == []
    mesh.csv("data/orders.csv", *BAD)
    mesh.run("run", "sales/orders", code=1)
    assert hook.told == [("begin", "run", "sales/orders")]
    mesh.run("run", "sales/orders", code=1)
    mesh.run("watch", "--once")
    assert len(hook.told) == 1
    mesh.csv("data/orders.csv", *GOOD)
    mesh.run("run", "sales/orders")
    mesh.run("watch", "--once")
    assert hook.told == [("begin", "run", "sales/orders"), ("end", "run", "sales/orders")]
    [incident] = mesh.run("incidents", "--format", "json").data["incidents"]
    assert (incident["status"], incident["reason"]) == ("ended", "a run published")
    assert incident["began_at"] < incident["last_seen"] < incident["ended_at"]
    assert {r["status"] for r in mesh.rows("select status from mesh.alerts")} == {"delivered"}


def test_a_message_holds_no_value_of_data(tmp_path: Path, hook: Hook) -> None:
    mesh = watched(tmp_path, webhook(hook.url))
    mesh.csv("data/orders.csv", *BAD)
    mesh.run("apply", "--yes", code=1)
    [post] = hook.posts
    assert "10.5" not in json.dumps(post)
    assert "lovelace" not in json.dumps(post)
    assert hook.headers[0]["Idempotency-Key"] == post["id"]


def test_nobody_is_told_where_the_environment_has_no_alerts(tmp_path: Path, hook: Hook) -> None:
    mesh = watched(tmp_path, webhook(hook.url))
    (tmp_path / "mesh.yaml").write_text(json.dumps({"mesh": "acme"}))
    mesh.csv("data/orders.csv", *BAD)
    mesh.run("apply", "--yes", code=1)
    said = mesh.run("watch", "--once").out
    assert hook.raw == []
    assert "no `alerts`" in said
    assert "checks of its contract failed" in mesh.run("incidents", "--open").out


def test_a_channel_that_is_down_fails_no_run_and_is_tried_again(tmp_path: Path, hook: Hook) -> None:
    mesh = watched(tmp_path, webhook(hook.url))
    mesh.run("apply", "--yes")
    hook.status = 503
    mesh.csv("data/orders.csv", *BAD)
    said = mesh.run("run", "sales/orders", code=1)
    assert "answered 503" in said.err
    mesh.csv("data/orders.csv", *GOOD)
    hook.status = 200
    assert mesh.run("run", "sales/orders").code == 0
    assert hook.told == [("end", "run", "sales/orders")]  # of a begin that may have arrived


def test_the_command_line_lists_incidents(tmp_path: Path) -> None:
    mesh = watched(tmp_path)
    mesh.run("apply", "--yes")
    assert "no incidents" in mesh.run("incidents").out
    mesh.csv("data/orders.csv", *BAD)
    mesh.run("run", "sales/orders", code=1)
    assert "sales/orders" in mesh.run("incidents", "orders", "--open").out
    assert "No incident" in mesh.run("incidents", "finance/revenue", "--open").out
    assert mesh.run("watch", "--once", "--every", "soon", code=2).err


def test_a_new_violation_is_told_with_its_end(tmp_path: Path, hook: Hook) -> None:
    mesh = watched(tmp_path, webhook(hook.url))
    query = "select address, 'no purpose' as reason from mesh.products where domain = 'sales'"
    policy(mesh, "purpose", query, when=["continuous"], severity="warning")
    policy(mesh, "note", query, when=["continuous"], severity="info")
    mesh.run("apply", "--yes")
    assert hook.told == []
    said = mesh.run("watch", "--once").out
    assert "policy purpose is violated at one place" in said
    mesh.run("watch", "--once")
    mesh.run("run", "sales/orders")  # a look at the product alone finds it too
    assert hook.told == [("begin", "violation", "sales/orders")]
    waiver(mesh, "later", "purpose", "mesh://acme/sales/orders", "2999-12-31")
    mesh.run("apply", "--yes")
    mesh.run("watch", "--once")
    assert hook.told[1:] == [("end", "violation", "sales/orders")]
    [incident] = mesh.run("incidents", "--format", "json").data["incidents"]
    assert (incident["kind"], incident["what"], incident["status"]) == ("violation", "purpose", "ended")


def test_a_policy_that_cannot_be_judged_ends_and_opens_nothing(tmp_path: Path, hook: Hook) -> None:
    mesh = watched(tmp_path, webhook(hook.url))
    policy(mesh, "purpose", "select address, 'x' as reason from mesh.products", when=["continuous"])
    mesh.run("apply", "--yes")
    mesh.run("watch", "--once")
    before = list(hook.told)
    policy(mesh, "purpose", "select nothing from mesh.products", when=["continuous"])
    mesh.run("apply", "--yes")
    assert "policy purpose" in mesh.run("watch", "--once").out
    assert hook.told == before
    assert len(before) == 1


def test_a_channel_that_hangs_keeps_no_command_from_its_end(
    tmp_path: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    mesh = watched(tmp_path, webhook(hook.url))
    mesh.run("apply", "--yes")
    hook.answer = hook.hang
    mesh.csv("data/orders.csv", *BAD)
    monkeypatch.setattr("meshwright.cli.following.WAIT_SECONDS", 0.2)
    said = mesh.run("run", "sales/orders", code=1)
    assert "1 failed" in said.out
    assert "did not answer in time" in said.err
    rows = mesh.rows("select kind, status from mesh.incidents")
    assert rows in ([], [{"kind": "run", "status": "open"}])  # recorded now, or by the next look


def test_a_registry_that_cannot_be_asked_fails_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise Unavailable("the registry is not there")

    mesh = watched(tmp_path)
    monkeypatch.setattr("meshwright.wiring.open_watch", broken)
    mesh.csv("data/orders.csv", *BAD)
    said = mesh.run("apply", "--yes", code=1)
    assert "warning: incidents: the registry is not there" in said.err


def heeds_interrupts() -> None:
    """Whoever runs the tests in the background has them ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_watching_goes_on_until_it_is_stopped(tmp_path: Path, hook: Hook) -> None:
    mesh = watched(tmp_path, webhook(hook.url))
    mesh.run("apply", "--yes")
    code = "from meshwright.cli.main import entry; entry()"
    words = ["--directory", str(tmp_path), "watch", "--every", "1s"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words], stdout=subprocess.PIPE, text=True, preexec_fn=heeds_interrupts
    )
    assert process.stdout is not None
    assert "every 1s" in process.stdout.readline()
    (tmp_path / "mesh.yaml").write_text(json.dumps({"mesh": "acme"}))  # so that the run tells nobody
    mesh.csv("data/orders.csv", *BAD)
    mesh.run("run", "sales/orders", code=1)
    while "delivered" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert hook.told == [("begin", "run", "sales/orders")]


def test_channels_are_declared_in_the_products_document(tmp_path: Path, hook: Hook) -> None:
    alerts = [{"property": "alerts", "value": True, "vendor": "meshwright"}]
    typo = [{"property": "alert", "value": True, "vendor": "meshwright"}]
    mesh = watched(tmp_path, {"channel": "any", "url": hook.url, "customProperties": alerts})
    mesh.run("validate")
    mesh.csv("data/orders.csv", *BAD)
    mesh.run("apply", "--yes", code=1)
    assert len(hook.told) == 1
    mesh = watched(tmp_path / "typo", {"channel": "any", "url": hook.url, "customProperties": typo})
    assert "did you mean `alerts`?" in mesh.run("validate", code=2).text


def test_a_webhook_whose_url_is_a_secret(tmp_path: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    mesh = watched(tmp_path, webhook("secret:deals", tool="slack"))
    document = json.loads((tmp_path / "mesh.yaml").read_text())
    document["environments"]["dev"]["secrets"] = {"alerts": {"deals": "env:DEALS_URL"}}
    (tmp_path / "mesh.yaml").write_text(json.dumps(document))
    assert "MW130" not in mesh.run("validate").text
    mesh.csv("data/orders.csv", *BAD)
    said = mesh.run("apply", "--yes", code=1)
    assert "DEALS_URL" in said.err
    monkeypatch.setenv("DEALS_URL", f"{hook.url}/T0KEN")
    hook.status = 500
    mesh.csv("data/orders.csv", *GOOD)
    said = mesh.run("run", "sales/orders")
    assert "answered 500" in said.err
    assert "T0KEN" not in said.text
    assert hook.paths == ["/hook/T0KEN"]
    facts = mesh.run("facts", "--format", "json", "--limit", "100").out
    assert "T0KEN" not in facts


@pytest.mark.parametrize(
    "alerts",
    [
        {"smtp": "smtp://user:secret@mail.example"},
        {"smtp": "mail.example"},
        {"from": "nobody"},
        {"networks": ["localhost"]},
        {"pages": "mesh.example"},
        {"quiet_minutes": -1},
        {"webhook": "https://x.example"},
    ],
)
def test_settings_that_mean_nothing_are_refused(tmp_path: Path, alerts: dict[str, Any]) -> None:
    mesh = watched(tmp_path, **alerts)
    said = mesh.run("validate", code=2).text
    assert next(iter(alerts)) in said
    assert "secret" not in said.replace("secrets", "")
