"""Finds what could tell a reader who a text is about. Functions of values: what is found is decided by people."""
