"""Files, processes, git and text. Nothing in this folder knows about Keras."""
