"""Writes what was found as a policy file: every rule under the entry that it comes from, and what does not carry over on top."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from gate.core.document import Json
from gate.errors import PolicyError
from gate.policy.foreign.found import Carried, Found
from gate.policy.lint import lint
from gate.policy.policy_file import POLICY
from gate.policy.yaml_writer import dump

__all__ = ["written"]

_LONGEST = 400
"""Characters of one comment."""

_ON_TOP = (
    "Read it before you rely on it: these bounds were written for a tool that measures and compares, and this gate asks for proof.",
    "Small holdouts end inconclusive here; `gate plan` says how many rows would do. Nobody may override: there is no `override` yet.",
)


def written(found: Found, *, file: str, tier: str) -> str:
    """The text of a policy without problems.

    Args:
        found: what the foreign file says; at least one rule.
        file: its name, for the reader.
        tier: the tier of the policy.

    Raises:
        PolicyError: nothing carries over, or the policy would not pass lint, such as a tier high without anybody who answers for it.
    """
    if not found.carried:
        raise PolicyError(f"nothing in this file of {found.tool} carries over", where=file, next_step="Write a policy by hand: docs/how-to/write-a-policy.md.")
    text = "\n".join(_lines(found, file, tier)) + "\n"
    with TemporaryDirectory(prefix="gate-") as folder:
        rehearsal = Path(folder) / "policy.yaml"
        rehearsal.write_text(text, encoding="utf-8")
        if problems := lint([rehearsal]):
            raise PolicyError(f"the policy would not pass lint: {problems[0].message}", where=file, next_step="Import into another tier, or write it by hand.")
    return text


def _lines(found: Found, file: str, tier: str) -> Iterator[str]:
    yield _comment(f"Imported from {file} of {found.tool} by `gate policy import`.")
    yield from map(_comment, _ON_TOP)
    yield _comment("What does not carry over:" if found.left_out else "Everything carries over.")
    yield from (_comment(f"- {left.entry}: {left.why}") for left in found.left_out)
    head: dict[str, Json] = {
        "schema": POLICY.schema,
        "tier": tier,
        "description": f"Imported from a configuration of {found.tool}.",
        "evidence": dict(found.evidence),
    }
    yield dump(head).rstrip("\n")
    yield "rules:"
    for rule_id, one in zip(_ids(found.carried), found.carried, strict=True):
        yield from (f"  {_comment(line)}" for line in (one.source, *one.notes))
        yield from (f"  {line}" for line in dump([{"id": rule_id, **one.rule}]).splitlines())


def _ids(carried: tuple[Carried, ...]) -> Iterator[str]:
    """A name for each rule: its metric, where it looks, and a number where that is not enough."""
    times: Counter[str] = Counter()
    for one in carried:
        name = str(one.rule["metric"]).replace("_", "-") + {"overall": "-overall", "by_group": "-by-group"}.get(str(one.rule.get("scope")), "")
        times[name] += 1
        yield name if times[name] == 1 else f"{name}-{times[name]}"


def _comment(text: str) -> str:
    """The text as one line of comment: a foreign line break must not become a line of the policy."""
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return "# " + "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in shown)
