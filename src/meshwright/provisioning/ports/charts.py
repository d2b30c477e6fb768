"""What draws charts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Charts(Protocol):
    """Draws Vega-Lite specifications as SVG that a page can hold as it is."""

    def svg(self, spec: Mapping[str, Any], name: str) -> str:
        """A specification, its data in it, as one `<svg>` element.

        It holds shapes, text and titles only: no script, link, picture, style sheet or event, and nothing
        from elsewhere. Ids begin with `name`, so that several fit into one page. Colours may be custom
        properties of CSS (`var(--hue-0)`).

        Raises:
            BuildError: the specification cannot be drawn, or not in time.
        """
        ...
