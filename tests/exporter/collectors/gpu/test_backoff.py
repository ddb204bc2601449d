from exporter.collectors.gpu.backoff import Backoff


def tries(backoff, times):
    made = []
    for now in times:
        if backoff.is_due(now):
            backoff.tried(now)
            made.append(now)
    return made


def test_the_first_try_is_at_once_and_the_pauses_double_up_to_the_most():
    assert tries(Backoff(first=10, most=60), range(300)) == [0, 10, 30, 70, 130, 190, 250]


def test_when_all_is_well_it_begins_anew():
    backoff = Backoff(first=10, most=60)
    tries(backoff, range(100))
    backoff.forget()
    assert tries(backoff, range(100, 140)) == [100, 110, 130]
