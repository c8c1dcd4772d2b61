"""The checks room: is the holdout what it is said to be, before anybody is judged on it.

It exists because a verdict on broken data is worse than none. It may not know models, policies or verdicts: it says
what was expected, whether it was met, and how many rows did not meet it, never which.
"""
