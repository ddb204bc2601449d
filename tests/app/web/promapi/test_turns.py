import threading
from concurrent.futures import ThreadPoolExecutor

from medic.app.web.promapi.turns import Turns

THREADS, ROUNDS = 5, 200


def test_one_computes_at_a_time_and_all_get_through():
    turns, computing, most = Turns(), [], []

    def compute(name):
        with turns.mine():
            for _ in range(ROUNDS):
                computing.append(name)
                most.append(len(computing))
                computing.remove(name)
                turns.pass_on()
        return name

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(compute, range(THREADS), timeout=60)) == list(range(THREADS))
    assert set(most) == {1}
    assert len(most) == THREADS * ROUNDS


def test_turns_come_in_the_order_of_asking():
    turns, order = Turns(), []

    def compute(name):
        with turns.mine():
            order.append(name)
            turns.pass_on()
            order.append(name)

    with turns.mine():
        threads = [threading.Thread(target=compute, args=(name,)) for name in "abc"]
        for count, thread in enumerate(threads, start=1):
            thread.start()
            while len(turns._waiting) < count:
                threading.Event().wait(0.001)
    for thread in threads:
        thread.join(30)
    assert "".join(order) == "abcabc"


def test_who_is_alone_goes_on_at_once_and_a_failure_frees_the_place():
    turns = Turns()
    for _ in range(2):
        try:
            with turns.mine():
                turns.pass_on()
                raise ValueError  # noqa: TRY301 - it is the failure
        except ValueError:
            pass
    with turns.mine():
        turns.pass_on()
