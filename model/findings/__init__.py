"""The doctor: what is wrong on this host, or worth knowing. One file an idea; `examination` has the table of checks."""
