"""A person's own saved file: what is in it, which releases read it, and what to do.

The file is untrusted. ``reading`` has a limited process describe it, which loads nothing, and
``asking`` has releases load it, in a sandbox. The harness itself never opens it.
"""
