"""Runs save/load cases on real Keras/TensorFlow pairs and finds where a behaviour came in.

A folder is a layer, and imports only point down this listing::

    cli           the command line
    watch         what new releases change
    report        the site, the tables in ``reports/``, and the tables in the terminal
    bisect        where a behaviour changed, and what changed it
    exchange      files that one release has written, read by another; ledgers of config keys
    execution     requests, plans, sessions, and the processes that run cells
    analysis      what the stored results say: tables, change points, explanations
    environments  one virtual environment for each pair
    results       the model of a result, its file, signatures, comparing and merging
    releases      the catalogue of releases, and the pairs made of them
    util          files, processes, git, escaping

``guest`` is what runs inside the environment of a pair; it imports nothing of the rest.
"""
