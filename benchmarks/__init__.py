"""What the program costs, beside what else could be used."""
