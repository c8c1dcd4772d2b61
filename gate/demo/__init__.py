"""The whole story on real data: two models, one gate, nothing staged.

An application on top of the pipeline: it may use everything, and nothing may use it.
"""

from gate.demo.story import tell_story

__all__ = ["tell_story"]
