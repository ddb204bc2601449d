from datetime import UTC, datetime

from medic.app.views import episode
from medic.core.alerts import Alert, AlertState, Source
from medic.core.healing import Episode
from medic.core.samples import labels
from medic.core.targets import pool_target

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def alert(name, number):
    return Alert(labels(alertname=name, n=str(number)), (), AlertState.FIRING, NOW, Source.ALERTMANAGER)


def test_a_storm_of_alerts_of_one_name_names_it_once():
    storm = (*(alert("Slow", number) for number in range(100)), alert("Late", 1), alert("Slow", 100))
    shown = episode(Episode(1, "restart", pool_target("rpa"), storm, NOW, NOW))
    assert shown["alerts"] == ["Slow", "Late"]
