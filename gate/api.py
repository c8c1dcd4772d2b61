"""`gate.check` in Python: the same check as the command's, which gives the decision instead of an exit code."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from gate.core.decision import Decision
from gate.core.model import EngineName
from gate.pipeline import CheckRequest
from gate.pipeline import check as _check

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["check"]


def check(
    model: str | None = None,
    *,
    config: str | Path = "gate.yaml",
    predictions: "str | Path | pd.DataFrame | None" = None,
    model_name: str | None = None,
    policy: str | Path | None = None,
    output: str | Path | None = None,
    record: bool = True,
    development: bool = False,
    tracking_uri: str | None = None,
    key: str | None = None,
    engine: str | None = None,
) -> Decision:
    """Judge a candidate under the policy of its tier, and record the decision; as `gate check` does, with the same answer.

    A decision that blocks is a result, not an exception: look at `decision.verdict`. In a notebook it shows itself as the
    model card.

    Args:
        model: a registered version: `models:/name/3`, `name/3` or `name@alias`.
        config: `gate.yaml`.
        predictions: instead of a model, a table that holds outcomes and predictions: a Parquet or CSV file, or a frame.
        model_name: the entry of `config`, when it is not the registered name.
        policy: a policy file instead of the tier's.
        output: a folder for decision, card, counts, SARIF and JUnit.
        record: whether the decision of a registered model is recorded; without a record the look is not counted.
        development: judge on the development table: advisory, never recorded.
        tracking_uri: address of MLflow; None means MLflow's own setting.
        key: the signing key, a file or a URI; None means what GATE_SIGNING_KEY or GATE_SIGNING_KEY_FILE names.
        engine: what counts the rows, `duckdb` or `spark`; None means the one that `config` names.

    Raises:
        UsageError: the request, policy, configuration or data cannot be meant (exit code 2 of the command).
        GateError: no judgement could be reached (exit code 4).
    """
    _shown_in_notebooks()
    with TemporaryDirectory(prefix="gate-") as workspace:
        request = CheckRequest(
            config=Path(config),
            today=datetime.now(UTC).date(),
            reference=model,
            predictions=_file(predictions, Path(workspace)),
            entry=model_name,
            policy=None if policy is None else Path(policy),
            output=None if output is None else Path(output),
            keep=record,
            tracking_uri=tracking_uri,
            development=development,
            key=key,
            engine=None if engine is None else EngineName(engine),
        )
        return _check(request).decision


def _file(predictions: "str | Path | pd.DataFrame | None", folder: Path) -> Path | None:
    """The table as a file; a frame becomes one, without its index."""
    if predictions is None or isinstance(predictions, str | Path):
        return None if predictions is None else Path(predictions)
    path = folder / "predictions.parquet"
    predictions.to_parquet(path, index=False)
    return path


def _shown_in_notebooks() -> None:
    """Let a notebook show a decision as its card; elsewhere there is nothing to do."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        from gate.report import html  # noqa: PLC0415 -- templates are needed only here

        shell.display_formatter.formatters["text/html"].for_type(Decision, html.render)
