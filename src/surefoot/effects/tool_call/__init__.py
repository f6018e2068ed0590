"""An agent uses a tool."""
