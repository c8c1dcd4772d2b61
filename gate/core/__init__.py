"""The nouns of the gate: frozen values, standard library only.

Every room speaks in these words and meets the others only through them. This package knows no file, no clock, no
library and no rule of judgement.
"""
