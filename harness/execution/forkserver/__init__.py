"""Fork servers: TensorFlow is imported once, and the processes of many pairs are forked."""
