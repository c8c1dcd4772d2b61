"""The dock: where a registered model stands trial, the candidate and the baselines alike.

Its child starts before its files are here, its file of skops is looked at in that child while the parent reads the
holdout, and it is loaded only once the policy trusts its files.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from gate.core.facts import EnvManager, Misbehaviour, PredictionFacts
from gate.core.model import ModelConfig
from gate.core.model_files import ModelFiles
from gate.core.policy import Policy
from gate.judge.checks import MODEL_FILE, forbidden_columns, untrusted_file
from gate.predict.interface import Backend, Limits
from gate.registry.interface import FetchedModel
from gate.stages.environment import environment_for, pins_of
from gate.stages.sandbox import sandbox_for

if TYPE_CHECKING:
    from gate.predict.client import ChildPredictor
    from gate.predict.environments import Environment

__all__ = ["Dock", "Terms", "terms_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is demanded before a model is loaded, and how it is kept apart.

    Args:
        backend: the sandbox that it runs in.
        limits: what it may use.
        forbidden: the columns that the policy forbids as inputs.
        distrusts: why the policy does not let a model's files be loaded; None when it does.
        env_manager: whose Python it runs in.
        pins: requirements that any environment of the model's own has to meet too.
    """

    backend: Backend
    limits: Limits
    forbidden: frozenset[str]
    distrusts: Callable[[ModelFiles], str | None]
    env_manager: EnvManager
    pins: tuple[str, ...]


def terms_of(policy: Policy, model: ModelConfig, env_manager: EnvManager, *, more_seconds: float = 0.0, tell: Callable[[str], None]) -> Terms:
    """The terms of a policy for a model; it is given `more_seconds` where it is asked more than its holdout.

    Raises:
        SandboxError: no sandbox works here as the policy demands it.
    """
    return Terms(
        backend=sandbox_for(policy, tell=tell),
        limits=Limits(seconds=model.limits.seconds + more_seconds, memory_bytes=int(model.limits.memory_gb * 2**30)),
        forbidden=forbidden_columns(policy, model),
        distrusts=partial(untrusted_file, policy),
        env_manager=env_manager,
        pins=pins_of(policy),
    )


class Dock:
    """A child for one model; a context manager.

    Args:
        terms: what is demanded of it.
        folder: where its files will be.
        workspace: a private folder.
        tell: called at the start of every stage.
    """

    def __init__(self, terms: Terms, folder: Path, workspace: Path, *, tell: Callable[[str], None]) -> None:
        from gate.predict.client import ChildPredictor  # noqa: PLC0415 -- only a registered model needs a child

        self._terms, self._workspace, self._tell = terms, workspace, tell
        self._children = ExitStack()
        self._child = partial(ChildPredictor, limits=terms.limits, backend=terms.backend, readable=[folder])
        self._looking = False
        self._environment: Environment | None = None
        # Ours starts at once, so that its imports overlap with what the parent does; one of the model's own has to be made first.
        self._started = self._children.enter_context(self._child()) if terms.env_manager is EnvManager.LOCAL else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._children.close()

    @property
    def predictor(self) -> "ChildPredictor":
        """The child that answers."""
        if self._started is None:
            raise RuntimeError("no child has been started: call `load` first")
        return self._started

    def look(self, fetched: FetchedModel) -> None:
        """Begin to look into its file of skops, if it has one and the child is there; `load` waits for it."""
        if fetched.skops_file is not None and self._started is not None and not self._looking:
            self._looking = True
            self._started.inspect(fetched.skops_file)

    def load(self, fetched: FetchedModel, facts: PredictionFacts) -> tuple[PredictionFacts, FetchedModel]:
        """Load it, if the policy trusts its files: where it runs and what it did wrong, and what its files say.

        Raises:
            SandboxError: something that it requires is missing, or no child became ready. Nothing of it has run.
        """
        if fetched.skops_file is None and (fault := self._distrusted(fetched.files)):
            return replace(facts, misbehaviour=fault), fetched
        environment, differing = environment_for(fetched, self._terms.env_manager, self._workspace, pins=self._terms.pins, tell=self._tell)
        self._environment = environment
        self._started = self._started or self._children.enter_context(self._child(environment=environment))
        seen = replace(fetched, files=self._seen(fetched))
        fault = self._distrusted(seen.files) or self.predictor.load(fetched.folder)
        made = None if environment is None else self._terms.env_manager
        sandbox, confinement = self.predictor.sandbox, self.predictor.facts
        return replace(facts, sandbox=sandbox, confinement=confinement, misbehaviour=fault, env_manager=made, differing=differing), seen

    @contextmanager
    def afresh(self, fetched: FetchedModel) -> "Iterator[ChildPredictor | Misbehaviour]":
        """The candidate that `load` let through in another child, which has been asked nothing, or what it did wrong when it was loaded again.

        Raises:
            SandboxError: no child became ready.
        """
        with self._child(environment=self._environment) as child:
            yield child.load(fetched.folder) or child

    def _seen(self, fetched: FetchedModel) -> ModelFiles | None:
        """What the files say, with the types in a file of skops; what keeps the child from reading it stands beside skops."""
        if fetched.skops_file is None or fetched.files is None:
            return fetched.files
        self.look(fetched)
        types = self.predictor.types()
        if isinstance(types, Misbehaviour):
            return replace(fetched.files, beside_skops=(types.detail,))
        return replace(fetched.files, beside_skops=(), untrusted=types)

    def _distrusted(self, files: ModelFiles | None) -> Misbehaviour | None:
        """A model whose files the policy does not trust is not loaded."""
        reason = "nobody looked into its files" if files is None else self._terms.distrusts(files)
        return None if reason is None else Misbehaviour(check=MODEL_FILE, detail=f"it was not loaded: {reason}")
