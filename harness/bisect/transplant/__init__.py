"""The cause, proven by transplant: parts of one release, put into the other, flip its behaviour.

    units -> package -> needs -> graft -> overlay -> trials -> search -> cause

All code that is transplanted is Python source; nothing is built, and no environment is changed.
"""
