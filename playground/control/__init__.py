"""The control API: act as a person, look at the workspace, make things go wrong.

It is for a person on this machine, and for tests. JSON in, JSON out; an error is
``{"error": "one line"}`` with a status of 400 or above.
"""
