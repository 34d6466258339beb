"""A person's own saved file: what is in it, which releases read it, and what to do.

The file is untrusted. ``reading`` has it described by a limited process, which loads nothing;
``trying`` has it loaded by releases, in a sandbox. The harness itself never opens it.
"""
