"""The answer of a bisection: facts, sentences made of them, and where these are shown or kept."""
