"""What tests the pages is tested itself."""

from __future__ import annotations

from code_blocks import blocks, missing_lines, run_session, steps
from test_pages import unknown

SESSION = """
```console
$ echo one; echo "two  three"
one
two…
$ false    # exits 1
```
```yaml
# domains/sales/domain.yaml
domain: sales
```
"""


def test_a_session_is_typed_and_its_answers_are_kept_apart(tmp_path):
    console, document = blocks(SESSION)
    first, second = steps(console)
    assert (first.expected, second.code) == (("one", "two…"), 1)
    assert document.place == "domains/sales/domain.yaml"
    answers = run_session([first, second], tmp_path, {"PATH": "/usr/bin:/bin"})
    assert [code for code, _ in answers] == [0, 1]
    assert missing_lines(first.expected, answers[0][1]) == []


def test_lines_that_are_not_printed_or_in_another_order_are_missing():
    assert missing_lines(("one", "three"), "one\ntwo\n") == ["three"]
    assert missing_lines(("two", "one"), "one\ntwo\n") == ["one"]
    assert missing_lines(("a … c",), "a b c d\n") == ["a … c"]
    assert missing_lines(("a … c",), "a  b   c\n") == []


def test_commands_and_options_that_do_not_exist_are_found():
    assert unknown("mesh aply --yes") == ["mesh aply --yes"]
    assert unknown("mesh apply --agree") == ["--agree of mesh apply"]
    assert unknown("mesh -C /srv/shop run --due -e prod") == []
    assert unknown("mesh new product finance/revenue") == []
