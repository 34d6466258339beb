"""``python -m harness``: the command line that the Nox sessions call."""

from harness.cli import main

if __name__ == "__main__":
    main()
