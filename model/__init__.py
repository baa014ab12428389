"""The pure part of jackfield: the graph, what changed, and what it means. No I/O, no clock, no randomness."""
