"""A sweep in a process of its own that is killed at a step: URL, the registry's time, the step."""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta

from watched_mesh import LOCAL, secrets

from meshwright.adapters.registry import open_registry
from meshwright.adapters.webhook.channel import WebhookChannel
from meshwright.supervision.incidents.sweep import Watch

url, now, step = sys.argv[1:]


def die(reached: str) -> None:
    if reached == step:
        os.kill(os.getpid(), signal.SIGKILL)


registry = open_registry(url, clock=lambda: float(now))
channels = {"webhook": WebhookChannel(secrets({}), LOCAL, seconds=5)}
Watch("acme", "dev", registry, registry, channels, quiet=timedelta(minutes=15), reached=die).sweep()
