"""``medic rules``: rule files, checked and tested, and expressions evaluated over what Medic measures."""

from medic.app.cli.commands import Commands

command = Commands(
    "rules",
    {"check": "rules_check", "test": "rules_test", "eval": "rules_eval"},
    help="Check and test rule files, and evaluate expressions.",
)
