"""The metering proxy: what stands between an agent under test and its provider."""

from agentops_cli.gateways.metering.proxy import MeteringProxy

__all__ = ["MeteringProxy"]
