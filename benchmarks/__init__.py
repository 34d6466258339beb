"""What is measured, and never timed in a test."""
