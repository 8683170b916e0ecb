"""The catalogues of words: what makes them, and what may be wrong with them."""
