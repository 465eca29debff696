"""A synthetic registry as others would send it: one module a format."""
