"""Routes: a verified way for a file into the release that has to read it.

``route`` is the data, ``search`` tries one way after the other and knows nothing of processes,
``steps`` has releases read and save files in the sandbox, and ``summary`` puts the result of a
search into words.
"""
