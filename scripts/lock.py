"""Write constraints.txt: the versions that a fresh install gets, from a fresh virtual environment."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Install everything anew, and note what came."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder) / "bin" / "python")
        pip = [python, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", "-e", f"{ROOT}[dev]"], check=True)
        frozen = subprocess.run(
            [*pip, "freeze", "--exclude-editable"], check=True, capture_output=True, text=True
        ).stdout
    pins = [line for line in frozen.splitlines() if "==" in line]
    head = "# What a fresh install gets; `make lock` writes it again.\n"
    (ROOT / "constraints.txt").write_text(head + "\n".join(pins) + "\n")


if __name__ == "__main__":
    main()
