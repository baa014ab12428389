"""Widgets: see ARCHITECTURE.md."""
