"""Calls of scenarios over HTTP/1.1: messages, connections, and who answers a call."""
