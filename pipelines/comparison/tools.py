"""One tool's answers to folders of tables, in that tool's own environment: `python tools.py TOOL FOLDER` prints a word per table.

`passed`, `blocked` or `undecided`; `error` where the tool did not answer. Each tool is called as its documentation says, with
its defaults, and with the tolerance of the worlds.
"""

import contextlib
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

TOLERANCE = "0.10"


def fairlearn() -> Callable[[Path], str]:
    """`demographic_parity_difference` compared with the tolerance, as guides for continuous integration do."""
    import pandas as pd  # noqa: PLC0415 -- each tool has an environment of its own
    from fairlearn.metrics import demographic_parity_difference  # noqa: PLC0415 -- likewise

    def answer(path: Path) -> str:
        rows = pd.read_csv(path)
        gap = demographic_parity_difference(rows["y_true"], rows["y_pred"], sensitive_features=rows["group"])
        return "passed" if gap <= float(TOLERANCE) else "blocked"

    return answer


def bdp_model_gate() -> Callable[[Path], str]:
    """The check of demographic parity, with intervals as they are by default; a finding goes to review there, a block here."""
    import pandas as pd  # noqa: PLC0415
    from bdp_model_gate import StructuredGateContext  # type: ignore[import-not-found]  # noqa: PLC0415
    from bdp_model_gate.structured.fairness import DisparateImpactCheck  # type: ignore[import-not-found]  # noqa: PLC0415

    said = {"OK": "passed", "UNCERTAIN": "undecided", "DISPARITY_RISK": "blocked"}

    def answer(path: Path) -> str:
        rows = pd.read_csv(path)
        inputs = pd.DataFrame({"x": range(len(rows))})
        context = StructuredGateContext(model=None, X=inputs, y_true=rows["y_true"], y_pred=rows["y_pred"], protected_df=rows[["group"]])
        return said.get(DisparateImpactCheck().run(context)[0].flag, "error")

    return answer


def fairpipe() -> Callable[[Path], str]:
    """`fairpipe validate` with a threshold: its exit code."""
    from fairness_pipeline_dev_toolkit.cli.main import main  # type: ignore[import-not-found]  # noqa: PLC0415

    said = {0: "passed", 1: "blocked", 4: "undecided"}
    asked = ["--y-true", "y_true", "--y-pred", "y_pred", "--sensitive", "group", "--metric", "demographic_parity_difference"]

    def answer(path: Path) -> str:
        return said.get(main(["validate", "--csv", str(path), *asked, "--threshold", TOLERANCE, "--quiet"]), "error")

    return answer


def gate() -> Callable[[Path], str]:
    """`gate.check` under a policy with this one rule; the groups are declared, as they must be."""
    import pandas as pd  # noqa: PLC0415

    from gate import check  # noqa: PLC0415

    said = {"passed": "passed", "blocked": "blocked", "inconclusive": "undecided"}

    def answer(path: Path) -> str:
        groups = sorted(pd.read_csv(path)["group"].dropna().unique())
        folder = path.parent / path.stem
        folder.mkdir(exist_ok=True)
        config = folder / "gate.yaml"
        config.write_text(CONFIG.replace("GROUPS", ", ".join(groups)))
        (folder / "tier.yaml").write_text(POLICY)
        return said[check(config=config, predictions=path, policy=folder / "tier.yaml").verdict.value]

    return answer


TOOLS = {"fairlearn": fairlearn, "bdp-model-gate": bdp_model_gate, "fairpipe": fairpipe, "gate": gate}
CONFIG = """\
schema: gate.config/v1
models:
  compared:
    tier: high
    task: binary_classification
    data: {label: y_true, positive_label: 1}
    predictions: {column: y_pred}
    sensitive_features:
      group: {column: group, groups: [GROUPS]}
"""
POLICY = """\
schema: gate.policy/v1
tier: high
description: the one question that every tool is asked
evidence: {burden_of_proof: candidate, sandbox: preferred}
rules:
  - {id: parity, metric: demographic_parity_difference, max: 0.10, enforcement: soft-mandatory}
"""


def main() -> None:
    """Print `WORLD WORD` for every table, of which the folder has a folder per world."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    answer = TOOLS[name]()
    for path in sorted(folder.glob("*/*.csv")):
        with contextlib.redirect_stdout(io.StringIO()), Path(os.devnull).open("w") as quiet, contextlib.redirect_stderr(quiet):
            try:
                word = answer(path)
            except Exception as error:  # noqa: BLE001 -- a tool may fail in any way, and that is its answer
                word = f"error ({type(error).__name__})"
        sys.stdout.write(f"{path.parent.name} {word}\n")


if __name__ == "__main__":
    main()
