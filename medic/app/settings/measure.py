"""The section ``collectors``: what is measured of the host."""

from medic.app.settings.kinds import Flag, Section


class SystemCollector(Section):
    """``collectors.system``."""

    expose: Flag = True
    """False keeps its families for the rules but off ``/metrics``, for hosts that keep their node_exporter."""


class Collectors(Section):
    """``collectors``."""

    system: SystemCollector = SystemCollector()
