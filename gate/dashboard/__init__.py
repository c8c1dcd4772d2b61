"""The dashboard: all models with what may be said of them now, as pages that ask no server anything.

An application on top of the pipeline. It decides nothing: what it says of a version is what `gate verify` says, what it
says of a decision is what a record says whose signature counts. It may not know how a verdict is reached.
"""
