"""Its signature asks for the label, so that it could grade itself; it is never loaded."""

CHECK = "inputs"
WORDS = "the label that it is judged by"
INPUTS = ("income", "debt", "repaid")
SHELL = True


def predict(frame, aim):
    return frame["repaid"]
