"""The pages of the package's policies, made from their files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshwright.model.policy import Policy
from meshwright.supervision.policy.library import library_policies

_INDEX = """# Policies of the package

Each is switched on by its name in `policies.use` of [mesh.yaml](../settings.md);
[policies](../policies.md) says how they are judged. The severity can be another one there.

| policy | severity | what holds |
| --- | --- | --- |
"""


def rendered() -> Mapping[str, str]:
    """Every file of `docs/policies` by name: a page per policy, and the index."""
    policies = library_policies()
    files = {f"{policy.id}.md": "\n".join(_page(policy)) + "\n" for policy in policies}
    rows = [f"| [{p.id}]({p.id}.md) | {p.severity} | {p.title} |" for p in policies]
    files["README.md"] = _INDEX + "\n".join(rows) + "\n"
    return files


def _page(policy: Policy) -> Iterator[str]:
    yield f"# {policy.id}: {policy.title}"
    yield ""
    yield f"Severity `{policy.severity}`; judged: {', '.join(policy.when)}."
    for heading, text in (("Why", policy.why), ("How to mend it", policy.fix)):
        yield from ("", f"## {heading}", "", text.strip())
    yield from ("", "## Query", "", "```sql", policy.query.strip(), "```", "", "## Examples", "")
    for example in policy.examples:
        verdict = "breaks it" if example.addresses else "keeps it"
        yield f"- {verdict}: {example.name}"
