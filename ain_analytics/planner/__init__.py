"""What a study of resolution may expect of its visits, its size and its rule."""
