"""Files, processes, git and text: nothing in here knows about Keras."""
