"""The program that the child runs: `python -P -m gate.predict.child REQUESTS ANSWERS WALLS`.

It confines itself first, and imports the worker, with MLflow and all that, behind its walls.
"""

import sys

from gate.predict.confinement import Walls, confine


def run(requests: int, answers: int, walls: str) -> None:
    """Confine, then serve."""
    confine(Walls.of_text(walls))
    from gate.predict.worker import main  # noqa: PLC0415 -- behind the walls

    main(requests, answers, walls)


if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
