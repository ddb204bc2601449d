"""Random templates, read and expanded by the real promtool and by us: the same text, refusal or failure for each."""

import random

import pytest

from tests.rules.templates.inventing import invented, spoilt
from tests.rules.templates.oracle import FAILED, differing, ours


def made(invent, seed, number):
    chance = random.Random(seed)
    return [invent(chance) for _ in range(number)]


@pytest.mark.needs("promtool")
def test_random_templates_print_what_prometheus_prints(tmp_path):
    templates = made(invented, 0, 300)
    assert differing(tmp_path, templates)[:4] == []
    texts = [ours(template) for template in templates]
    assert sum(text not in {None, FAILED} for text in texts) > 50
    assert {None, FAILED} <= set(texts)


@pytest.mark.needs("promtool")
def test_words_in_any_order_are_refused_where_prometheus_refuses_them(tmp_path):
    assert differing(tmp_path, made(spoilt, 0, 300))[:4] == []


@pytest.mark.stress
@pytest.mark.needs("promtool")
@pytest.mark.parametrize("invent", [invented, spoilt])
@pytest.mark.parametrize("seed", range(1, 21))
def test_many_templates_print_what_prometheus_prints(tmp_path, invent, seed):
    assert differing(tmp_path, made(invent, seed, 500))[:4] == []
