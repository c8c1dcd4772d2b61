"""What becomes of a model after its release: prediction logs to counts per window, and counts to alarms.

An application on top of the pipeline's rooms. A window is counted once, when it is over, and never again, so that a run
that is repeated or was killed changes nothing; what arrives later is counted as late. Judgement is `gate.judge.watching`.
"""
