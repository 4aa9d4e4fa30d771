"""What `sigil mcp` serves: the reading commands, and the place of the model, as tools."""
