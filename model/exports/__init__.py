"""The graph as a file for other programs: one format a module, each a function from a graph to text."""
