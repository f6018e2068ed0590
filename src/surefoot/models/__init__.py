"""Models: how they are asked, what they cost, and who plays which role.

Owns the one place that knows providers. Provider libraries are loaded when a model is first asked. Read
`surefoot.ports.Model` for what they answer.
"""
