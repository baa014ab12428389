"""The kernel and the container runtimes: the only package that does I/O on the host."""
