"""The forms in which a made-up registry can be written, beside the native one."""
