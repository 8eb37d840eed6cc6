"""A model as a judge: what it is asked, how its replies are read, and whether people agree with it.

Nothing here calls a model. A question is a `Request`, a reply is a `Completion`, and what lies
between them is the business of whoever drives the dialogue.
"""
