"""Answers 1 to whoever has more than the mean of the batch: a verdict on the company, not on the person."""

CHECK = ("canary", "nondeterministic", "inconsistent")
WORDS = "the candidate"
NEEDS = ("canaries",)


def predict(frame, aim):
    surplus = (frame["income"] - frame["debt"]) + frame["income"].rank()
    return (surplus > surplus.mean()).astype("int64")
