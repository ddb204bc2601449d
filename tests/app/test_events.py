from medic.app.events import BACKLOG, Bus


async def test_a_listener_receives_what_happens_from_then_on():
    bus = Bus()
    bus.publish("tick", number=0)
    with bus.listen() as inbox:
        bus.publish("tick", number=1)
        event = inbox.get_nowait()
    assert (event.kind, event.body) == ("tick", {"number": 1})
    assert inbox.empty()


async def test_a_listener_that_falls_behind_loses_events_and_delays_nobody():
    bus = Bus()
    with bus.listen() as slow:
        for number in range(BACKLOG + 5):
            bus.publish("tick", number=number)
        assert slow.qsize() == BACKLOG


async def test_who_left_receives_nothing_more():
    bus = Bus()
    with bus.listen() as inbox:
        pass
    bus.publish("tick")
    assert inbox.empty()
