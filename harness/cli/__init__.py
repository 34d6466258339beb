"""The command line: a module for each command, shared options, output and progress. No logic."""
