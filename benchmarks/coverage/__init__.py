"""Whether nominal limits hold the truth as often as they say, and which estimates are biased by what."""
