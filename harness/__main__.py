"""``python -m harness``: the command line that the Nox sessions call."""

from harness.cli.main import main

if __name__ == "__main__":
    main()
