"""What the settings allow, as the pages say."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshwright.errors import MissingPart
from meshwright.experience.settings import read_settings
from meshwright.wiring import WiredInfrastructure


def test_a_warehouse_that_is_no_folder_is_refused_with_a_way_out():
    entry = {"warehouse": "s3://bucket/mesh"}
    environment = read_settings({"mesh": "shop", "environments": {"dev": entry}}, "/mesh", ()).environments[
        "dev"
    ]
    with pytest.raises(MissingPart, match="s3://bucket/mesh") as refused:
        _ = WiredInfrastructure(environment, Path("/mesh"), Path("/mesh/scratch")).warehouse
    assert "folder" in str(refused.value.way_out)
