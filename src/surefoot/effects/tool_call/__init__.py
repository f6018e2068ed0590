"""The effect `tool_call`."""
