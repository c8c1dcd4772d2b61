"""A pickle of sixty bytes that asks for sixty-four gigabytes."""

CHECK = ("load", "exit")
WORDS = "during load"
PICKLE = b"c_operator\nmul\n(c__builtin__\nbytes\n(I1\ntRI68719476736\ntR."
NEEDS = ("memory",)
