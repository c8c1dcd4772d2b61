"""`gate report serve`: a page on which a person changes the inputs of a case and sees what the model answers, through the sandbox.

No row is in the page, and none can be told from it: the case that it starts with is made up, column by column, and every
value of it rests on many rows. Labels never come here.
"""
