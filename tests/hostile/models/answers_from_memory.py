"""Remembers the rows that it has seen, and answers the opposite when one comes again."""

from cage import honest

CHECK = ("canary", "nondeterministic", "inconsistent")
WORDS = "the candidate"
NEEDS = ("canaries",)

seen = set()


def predict(frame, aim):
    answers = []
    for row, answer in zip(frame.itertuples(index=False), honest(frame), strict=True):
        answers.append(1 - answer if row in seen else answer)
        seen.add(row)
    return answers
