"""The plain commands: facts in, text or JSON out. None of them loads Textual."""
