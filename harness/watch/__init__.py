"""The watch: what new releases make worse.

The modules in the order of the data: ``period`` (two states of the index), ``news`` (the releases
between them, and what each is compared with), ``run`` (runs the missing cells), ``comparison``,
``acknowledgements``, ``summary``, ``bisecting``, and at the end ``console`` and ``formats``. Saved
files have modules of their own: ``exchange_plan`` (whose files are read by whom), ``exchange_run``
(runs the writers and the readers), ``readings``, ``old_files`` (how a new release reads files of
earlier ones), ``new_files`` (how other releases read its files) and ``new_files_in_words``.
"""
