"""A case without a builder."""
