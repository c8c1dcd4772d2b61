"""What a policy demands of a model's files, as a finding."""

from dataclasses import replace

import pytest
from two_groups import FACTS, MODEL, POLICY, TABLE

from gate.core.decision import Effect, Outcome
from gate.core.facts import Facts, Misbehaviour, PredictionSource
from gate.core.model_files import ModelFiles
from gate.core.policy import ModelFormat, ModelTerms, Policy
from gate.judge.checks import MODEL_FILE, check_findings, untrusted_file

SKOPS = ModelFiles(loader="mlflow.sklearn", flavors=("sklearn",), signature=None, beside_skops=(), untrusted=("numpy.dtype",))
PICKLE = replace(SKOPS, beside_skops=("its format is pickle, not skops",), untrusted=())


def _policy(*types: str, form: ModelFormat = ModelFormat.SKOPS) -> Policy:
    return replace(POLICY, model_terms=ModelTerms(format=form, trusted_types=types))


@pytest.mark.parametrize(
    ("files", "types", "said"),
    [
        (SKOPS, ("numpy.dtype",), None),
        (SKOPS, ("numpy.dtype", "os.system"), None),
        (SKOPS, (), "numpy.dtype"),
        (SKOPS, ("numpy.dtyp",), "numpy.dtype"),
        (PICKLE, ("numpy.dtype",), "its format is pickle"),
    ],
)
def test_only_a_file_of_trusted_types_may_be_loaded(files: ModelFiles, types: tuple[str, ...], said: str | None) -> None:
    """Every type has to be trusted by skops or by its whole name in the policy; no list of types makes a pickle safe."""
    reason = untrusted_file(_policy(*types), files)

    assert (reason is None) if said is None else (said in str(reason))


def test_any_format_asks_for_nothing() -> None:
    """A policy that says nothing about files has no finding on them."""
    assert untrusted_file(_policy(form=ModelFormat.ANY), PICKLE) is None


def _findings(facts: Facts, policy: Policy) -> dict[str, tuple[Outcome, Effect]]:
    found = check_findings(policy, MODEL, TABLE, facts)
    return {finding.rule: (finding.outcome, finding.effect) for finding in found}


def test_what_nobody_looked_at_does_not_pass() -> None:
    """Without facts about the files, a registered model is held; a table of predictions has none."""
    facts = replace(FACTS, model_files=None)
    model = replace(facts, predictions=replace(facts.predictions, source=PredictionSource.MODEL))
    table = replace(facts, predictions=replace(facts.predictions, source=PredictionSource.FILE))

    assert _findings(model, _policy())["untrusted-model-file"] == (Outcome.INCONCLUSIVE, Effect.HOLDS)
    assert _findings(table, _policy())["untrusted-model-file"] == (Outcome.NOT_APPLICABLE, Effect.NONE)


def test_a_model_that_was_not_loaded_is_blocked_twice() -> None:
    """The finding names the files, and the misbehaviour blocks too, so that neither can be lost."""
    facts = replace(FACTS, model_files=PICKLE)
    fault = replace(facts.predictions, source=PredictionSource.MODEL, misbehaviour=Misbehaviour(check=MODEL_FILE, detail="it was not loaded"))

    assert _findings(replace(facts, predictions=fault), _policy()) == {
        "candidate-misbehaved": (Outcome.FAIL, Effect.BLOCKS),
        "untrusted-model-file": (Outcome.FAIL, Effect.BLOCKS),
    }
