"""The report on a run: what it may claim, and the words and pictures for it."""
