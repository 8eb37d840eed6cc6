"""Wrappers that stand between the engine and a gateway, with the gateway's own protocol."""
