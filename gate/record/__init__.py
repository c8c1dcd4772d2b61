"""The room of records: a decision, its facts and its counts, as bytes that anyone can read back.

The same decision always gives the same bytes, so that a digest can stand for it. This room knows file formats and
nothing else: no rule of judgement, no registry, no clock and no wording for people.
"""
