"""The command line: each command stands in a module of its own, which is imported when it is asked for."""

from medic.app.cli.commands import Commands

main = Commands(
    "medic",
    {
        "run": "run",
        "init": "init",
        "config": "config",
        "status": "status",
        "check": "check",
        "explain": "explain",
        "rules": "rules",
        "heal": "heal",
        "pause": "pause",
        "resume": "resume",
        "workers": "workers",
        "queue": "queue",
        "worker": "worker",
        "jobs": "jobs",
        "report": "report",
        "notify": "notify",
    },
    help="Measure a host, judge it, heal what is wrong, keep its rhythm, and report.",
)
