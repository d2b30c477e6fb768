"""Who is told what, how often, whatever happens meanwhile."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from receivers import Hook
from watched_mesh import ORDERS, Clock, Watched

from meshwright.adapters.registry import SqlRegistry
from meshwright.model.address import ProductKey
from meshwright.supervision.incidents.due import ATTEMPTS, LEASE_SECONDS

BEGIN, END = ("begin", "run", "sales/orders"), ("end", "run", "sales/orders")


def channel(hook: Hook, **more: Any) -> dict[str, Any]:
    return {"channel": "ops", "url": hook.url, "tool": "webhook", **more}


def alerts(mesh: Watched) -> list[tuple[str, str, int]]:
    """Phase, status and attempts of each alert."""
    tables, _ = mesh.watch().current()
    rows = tables.tables["alerts"].to_pylist()
    return [(row["phase"], row["status"], row["attempts"]) for row in rows]


def test_each_channel_is_told_of_begin_and_end_once(mesh: Watched, hook: Hook, clock: Clock) -> None:
    page = {"channel": "chat", "url": "https://chat.example/c/1", "tool": "slack"}
    mesh.apply(channel(hook), channel(hook, channel="more", url=f"{hook.url}2"), page)
    mesh.ran("failed")
    watch = mesh.watch()
    swept = [watch.sweep() for _ in range(3)]
    assert [each.delivered for each in swept] == [2, 0, 0]
    assert hook.told == [BEGIN, BEGIN]
    assert sorted(hook.paths) == ["/hook", "/hook2"]
    mesh.ran()
    clock.forward(hours=1)
    assert [watch.sweep().delivered for _ in range(3)] == [2, 0, 0]
    assert hook.told[2:] == [END, END]
    assert alerts(mesh) == [(phase, "delivered", 1) for phase in ("begin", "begin", "end", "end")]


def test_alerts_for_one_recipient_are_one_message(mesh: Watched, hook: Hook) -> None:
    keys = [ProductKey("sales", f"p{number}") for number in range(60)]
    for key in keys:
        mesh.apply(channel(hook), key=key)
        mesh.ran("failed", key=key)
    mesh.watch().sweep()
    assert sorted(len(post["alerts"]) for post in hook.posts) == [10, 50]
    assert len({alert["id"] for post in hook.posts for alert in post["alerts"]}) == 60


def test_a_failure_is_recorded_and_tried_again_ever_later_until_it_is_given_up(
    mesh: Watched, hook: Hook, clock: Clock
) -> None:
    mesh.apply(channel(hook))
    mesh.ran("failed")
    watch = mesh.watch()
    hook.status = 500
    tried = []
    for minute in range(600):
        before = len(hook.raw)
        watch.sweep()
        tried += [minute] * (len(hook.raw) - before)
        clock.forward(minutes=1)
    assert tried == [0, 1, 5, 21, 85, 341]
    assert alerts(mesh) == [("begin", "given_up", ATTEMPTS)]
    assert {headers["Idempotency-Key"] for headers in hook.headers} == {hook.headers[0]["Idempotency-Key"]}
    reasons = {fact.payload["reason"] for fact in mesh.facts("alert.failed")}
    assert reasons == {"127.0.0.1 answered 500"}
    hook.status = 200
    mesh.ran()
    watch.sweep()
    assert hook.told == [END]


def test_a_channel_that_comes_back_is_told(mesh: Watched, hook: Hook, clock: Clock) -> None:
    mesh.apply(channel(hook))
    mesh.ran("failed")
    hook.status = 503
    mesh.watch().sweep()
    hook.status = 200
    mesh.watch().sweep()
    assert hook.told == []  # not yet
    clock.forward(minutes=2)
    mesh.watch().sweep()
    assert hook.told == [BEGIN]


def test_what_comes_and_goes_is_told_once_in_a_while(mesh: Watched, hook: Hook, clock: Clock) -> None:
    mesh.apply(channel(hook))
    watch = mesh.watch()
    for _ in range(12):  # for two hours it fails five minutes of ten
        mesh.ran("failed")
        watch.sweep()
        clock.forward(minutes=5)
        mesh.ran()
        watch.sweep()
        clock.forward(minutes=5)
    assert len(mesh.facts("incident.opened")) == len(mesh.facts("incident.ended")) == 12
    assert hook.told == [BEGIN, END] * 6
    assert len(hook.told) <= 2 * (120 / 15)


def test_what_came_again_and_stays_is_told_in_the_end(mesh: Watched, hook: Hook, clock: Clock) -> None:
    mesh.apply(channel(hook))
    watch = mesh.watch()
    for status in ("failed", "published", "failed"):
        mesh.ran(status)
        watch.sweep()
        clock.forward(minutes=1)
    assert hook.told == [BEGIN, END]
    clock.forward(minutes=20)
    watch.sweep()
    assert hook.told == [BEGIN, END, BEGIN]


def test_an_incident_that_nobody_was_told_of_ends_without_a_word(mesh: Watched, hook: Hook) -> None:
    mesh.apply()
    mesh.ran("failed")
    mesh.watch().sweep()
    mesh.apply(channel(hook))
    mesh.ran()
    mesh.watch().sweep()
    assert hook.told == []


def test_a_product_without_a_channel_has_that_of_its_domain(mesh: Watched, hook: Hook) -> None:
    from meshwright.provisioning.registry import AppliedDomain

    mesh.apply()
    domain = AppliedDomain("sales", "d", {"domain": "sales", "support": [channel(hook)]}, "acme")
    mesh.registry.apply("dev", None, [], [], [domain], [])
    mesh.ran("failed")
    mesh.watch().sweep_product(ORDERS)
    assert hook.told == [BEGIN]


@pytest.mark.parametrize("step", ["decided", "recorded", "claimed", "sent"])
def test_a_sweep_that_is_killed_is_finished_by_the_next(
    mesh: Watched, hook: Hook, clock: Clock, url: str, step: str
) -> None:
    mesh.apply(channel(hook))
    mesh.ran("failed")
    driver = [sys.executable, str(Path(__file__).with_name("killed_sweep.py")), url, str(clock.now), step]
    killed = subprocess.run(driver, capture_output=True, text=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    mesh.watch().sweep()
    clock.forward(seconds=LEASE_SECONDS + 1)
    mesh.watch().sweep()
    mesh.watch().sweep()
    assert mesh.told == [("opened", "run")]
    # killed after it was sent and before that was recorded: told twice, with the same id
    assert hook.told == [BEGIN] * (2 if step == "sent" else 1)
    assert len({post["id"] for post in hook.posts}) == 1
    assert alerts(mesh)[0][1] == "delivered"
    assert mesh.registry.verify_facts("dev") is None


def test_sweeps_at_the_same_time_record_and_tell_once(
    mesh: Watched, hook: Hook, opened: Callable[[], SqlRegistry]
) -> None:
    keys = [ProductKey("sales", f"p{number}") for number in range(5)]
    for number, key in enumerate(keys):
        mesh.apply(channel(hook, url=f"{hook.url}/{number}"), key=key)
        mesh.ran("failed", key=key)
    together = {step: threading.Barrier(4) for step in ("decided",)}
    waited: set[tuple[int, str]] = set()

    def meet(step: str) -> None:
        who = (threading.get_ident(), step)
        if step in together and who not in waited:
            waited.add(who)
            together[step].wait(30)

    sweeps = [mesh.watch(opened(), reached=meet) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for swept in [pool.submit(each.sweep) for each in sweeps]:
            swept.result(60)
    assert mesh.told == [("opened", "run")] * 5
    assert sorted(product for _, _, product in hook.told) == [str(key) for key in keys]


def test_a_run_that_publishes_between_looking_and_recording_leaves_no_incident(mesh: Watched) -> None:
    mesh.apply()
    mesh.ran("failed")

    def publish(step: str) -> None:
        if step == "decided" and mesh.runs == 1:
            mesh.ran()

    mesh.watch(reached=publish).sweep()
    assert mesh.told == []


def test_a_channel_that_hangs_holds_nobody_up(mesh: Watched, hook: Hook, clock: Clock) -> None:
    other = Hook()
    try:
        hook.answer = hook.hang
        mesh.apply(channel(hook), channel(other, channel="more"))
        mesh.ran("failed")
        swept = mesh.watch().sweep()
        assert other.told == [BEGIN]
        assert (swept.delivered, swept.failed) == (1, 1)
        assert "took longer than 2 s" in swept.problems[0]
    finally:
        other.close()


def test_a_look_at_one_product_does_not_wait_for_channels_for_long(mesh: Watched, hook: Hook) -> None:
    hook.answer = hook.hang
    mesh.apply(channel(hook))
    mesh.ran("failed")
    swept = mesh.watch().sweep_product(ORDERS, seconds=0.2)
    assert swept.problems == ["some channels did not answer in time; the next sweep tries again"]


def test_facts_hold_no_url_and_no_address(mesh: Watched, hook: Hook) -> None:
    mesh.apply(channel(hook, url=f"{hook.url}/T0KEN"), {"channel": "mail", "url": "mailto:ada@example.com"})
    mesh.ran("failed")
    hook.status = 404
    mesh.watch().sweep()
    told = str([fact.payload for fact in mesh.facts("alert.attempted", "alert.failed", "alert.delivered")])
    assert "ops" in told
    assert "T0KEN" not in told
    assert "ada@" not in told
