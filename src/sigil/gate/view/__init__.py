"""Evaluations as people read them: text, frames, a page, JUnit."""
