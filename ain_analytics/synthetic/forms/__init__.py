"""Writers of registries in the forms in which others send them, one module a format."""
