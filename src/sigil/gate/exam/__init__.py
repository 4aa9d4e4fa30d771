"""Holding an exam: a process for each scenario, and who answers what it asks of the world."""
