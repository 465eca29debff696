"""Synthetic registries written in the formats of other senders."""
