"""A made-up registry, written as the sources that senders really have."""
