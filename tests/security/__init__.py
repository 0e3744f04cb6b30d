"""Nobody in: what must not get out, who may read what, and what nothing here may call."""
