"""The watch: what new releases make worse.

The modules in the order of the data: ``period`` (two states of the index), ``news`` (the releases
between them, and what each is compared with), ``run`` (runs the missing cells), ``comparison``,
``acknowledgements``, ``summary``, ``bisecting``, and at the end ``console`` and ``formats``.
"""
