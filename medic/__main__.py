"""``python -m medic`` is the command ``medic``."""

from medic.app.cli import main

if __name__ == "__main__":
    main(prog_name="medic")
