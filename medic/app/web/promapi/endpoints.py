"""The endpoints: each reads its parameters at once and leaves the work, for a thread, to be done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import medic
from medic.app.house import House
from medic.app.web.promapi import describing, evaluating, finding, questions, rulings
from medic.app.web.promapi.errors import ApiError, ErrorType
from medic.app.web.promapi.form import Form
from medic.app.web.promapi.shaping import TRUNCATED, answer, array, text
from medic.app.web.promapi.turns import Term
from medic.app.web.promapi.wanting import read_wanted
from medic.core.clock import to_ms
from medic.core.samples import Labels
from rules.promql import Compat, Query, compile_query

Work = Callable[[Term], bytes]
"""Makes the body of an answer, in its term. It runs in a thread."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is left to do for a request, and how many seconds it may take."""

    work: Work
    seconds: float


def query(house: House, form: Form) -> Job:
    """Evaluate a query at one time, now unless told."""
    asked = questions.instant(form, to_ms(house.clock.now()))
    options = questions.options(form)
    return _job(house, options.timeout, partial(evaluating.at, _bench(house), asked, options))


def query_range(house: House, form: Form) -> Job:
    """Evaluate a query at each step from start to end."""
    asked, options = questions.over(form), questions.options(form)
    return _job(house, options.timeout, partial(evaluating.over, _bench(house), asked, options))


def query_exemplars(house: House, form: Form) -> Job:
    """Find no exemplars: Medic keeps none."""
    questions.period(form)

    def work(_term: Term) -> bytes:
        evaluating.read_query(form.first("query"), _compile(house))
        return answer("[]")

    return _job(house, None, work)


def format_query(house: House, form: Form) -> Job:
    """Write an expression evenly."""
    return _job(house, None, lambda _term: evaluating.formatted(form.first("query"), _compile(house)))


def series(house: House, form: Form) -> Job:
    """List the series that are selected, with their labels."""
    if not form.every("match[]"):
        raise ApiError(ErrorType.BAD_DATA, "no match[] parameter provided")
    return _found(house, form, lambda found: [dict(each) for each in found])


def labels(house: House, form: Form) -> Job:
    """List the names of labels."""
    return _found(house, form, finding.names)


def label_values(house: House, form: Form, name: str) -> Job:
    """List the values of a label."""
    plain = finding.read_label(name)
    return _found(house, form, lambda found: finding.values(found, plain))


def metadata(house: House, form: Form) -> Job:
    """Tell the type and the help of metrics."""
    families = house.ticker.families
    return _job(house, None, lambda _term: answer(text(describing.metadata(families, form))))


def rules(house: House, form: Form) -> Job:
    """Show the rule groups in force, and how they fare."""
    groups = house.engine.groups()

    def work(term: Term) -> bytes:
        return answer(text(rulings.groups(groups, read_wanted(form, _compile(house), term))))

    return _job(house, None, work)


def alerts(house: House, _form: Form) -> Job:
    """Show the alerts of the rules that are pending or firing."""
    groups = house.engine.groups()
    return _job(house, None, lambda _term: answer(text(rulings.alerts(groups))))


def buildinfo(house: House, _form: Form) -> Job:
    """Say which program answers."""
    return _job(house, None, lambda _term: answer(text(describing.build(medic.__version__))))


def targets(house: House, _form: Form) -> Job:
    """Say that no targets are scraped: what Medic measures it measures itself."""
    nothing: dict[str, list[object]] = {"activeTargets": [], "droppedTargets": []}
    return _job(house, None, lambda _term: answer(text(nothing)))


def scrape_pools(house: House, _form: Form) -> Job:
    """Say that there are no pools of targets."""
    return _job(house, None, lambda _term: answer('{"scrapePools":[]}'))


def _bench(house: House) -> evaluating.Bench:
    return evaluating.Bench(house.series.view(), _compile(house), house.settings.rules.max_samples)


def _compile(house: House) -> Callable[[str], Query]:
    return partial(compile_query, compat=Compat(house.settings.rules.compat))


def _job(house: House, wanted: float | None, work: Work) -> Job:
    """Grant what was wanted, but no more than the configuration does."""
    granted = house.settings.rules.timeout.total_seconds()
    return Job(work, granted if wanted is None else min(wanted, granted))


def _found(house: House, form: Form, shape: Callable[[list[Labels]], Sequence[object]]) -> Job:
    period, limit, view = questions.period(form), questions.limit(form), house.series.view()

    def work(term: Term) -> bytes:
        selections = finding.read_selections(form.every("match[]"), _compile(house), term)
        shown = shape(finding.series(view, selections, period, term))
        cut = limit is not None and len(shown) > limit
        return answer(array(shown[:limit]), (TRUNCATED,) if cut else ())

    return _job(house, None, work)
