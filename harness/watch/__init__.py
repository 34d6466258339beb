"""The watch: what new releases make worse.

The modules in the order of the data: ``period`` (two states of the index), ``news`` (the releases
between them, and what each is compared with), ``run`` (runs the missing cells), ``comparison``,
``acknowledgements``, ``summary``, ``bisecting``, and at the end ``console`` and ``formats``. Saved
files have modules of their own: ``exchange_plan`` (whose files are read by whom), ``exchange_run``
(has them written and read), ``readings``, ``old_files`` (what a new release makes of earlier ones),
``new_files`` (what other releases make of its own) and ``new_files_in_words``.
"""
