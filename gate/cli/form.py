"""Text for people, or JSON for scripts: the choice that most verbs offer."""

from enum import StrEnum

__all__ = ["Form"]


class Form(StrEnum):
    """What goes to standard output."""

    TEXT = "text"
    JSON = "json"
