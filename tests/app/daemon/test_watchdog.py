"""What the daemon tells a supervisor that kills who is silent."""

from tests.harness import notify_socket, until


def beats(supervisor, count):
    """Wait until it was told so often that Medic is alive."""
    heard = []

    def listen():
        try:
            heard.append(supervisor.recv(4096))
        except TimeoutError:
            return False
        return heard.count(b"WATCHDOG=1") >= count

    return until(listen, what=f"{count} beats")


def test_ticks_that_are_far_apart_do_not_silence_the_watchdog(medic):
    medic.config["interval"] = "1h"
    with notify_socket(medic.folder) as (address, supervisor):
        medic.start(ready=False, NOTIFY_SOCKET=address, WATCHDOG_USEC="200000")
        assert beats(supervisor, 5)
        medic.end()


def test_without_a_watchdog_each_tick_is_told(medic):
    with notify_socket(medic.folder) as (address, supervisor):
        medic.start(ready=False, NOTIFY_SOCKET=address)
        assert beats(supervisor, 3)
        medic.end()
