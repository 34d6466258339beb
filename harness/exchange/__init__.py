"""What one release has written, read by another; so far, the configs of built-in classes."""
