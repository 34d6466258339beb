"""What a reader can see in a saved file: its digest, and how two files differ."""
