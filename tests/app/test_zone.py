from medic.app.zone import find, is_zone


def test_the_environment_names_the_zone_first(tmp_path):
    (tmp_path / "timezone").write_text("Europe/Berlin\n")
    assert find(tmp_path, {"TZ": ":America/New_York"}) == "America/New_York"


def test_the_file_timezone_names_the_zone(tmp_path):
    (tmp_path / "timezone").write_text("Europe/Berlin\n")
    assert find(tmp_path, {}) == "Europe/Berlin"


def test_the_link_localtime_names_the_zone(tmp_path):
    (tmp_path / "localtime").symlink_to("/usr/share/zoneinfo/Asia/Tokyo")
    assert find(tmp_path, {"TZ": "no such zone"}) == "Asia/Tokyo"


def test_without_any_name_the_zone_is_utc(tmp_path):
    assert find(tmp_path, {}) == "UTC"


def test_only_names_that_the_database_knows_are_zones():
    assert is_zone("Europe/Berlin")
    assert not any(map(is_zone, ["", "Nowhere/Land", "../../etc/passwd", "/etc/localtime"]))
