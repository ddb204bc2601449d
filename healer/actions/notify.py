"""``notify``: tell a person; the notice is kept until it is delivered."""

from healer.action import Action, Done, Order
from healer.settings import Options
from healer.templates import parse_template, render
from medic.core.errors import MedicError

_DEFAULT = "{{ target }} needs a person"


async def notify(order: Order) -> Done:
    """Enqueue a notice with the alert's labels; delivery is not waited for."""
    title = render(parse_template(_text(order.options)), dict(order.labels), order.target)
    body = "\n".join([order.attempt.reason, *(f"{name}: {value}" for name, value in order.labels)])
    await order.tell(title, body)
    return Done(succeeded=True, detail=f"told: {title}")


def check(options: Options) -> None:
    """Refuse options other than ``title``, a template."""
    unknown = sorted(set(options) - {"title"})
    if unknown:
        raise MedicError(f"notify: unknown option {unknown[0]!r}; it knows title")
    parse_template(_text(options))


def _text(options: Options) -> str:
    title = options.get("title", _DEFAULT)
    if not isinstance(title, str) or not title:
        raise MedicError(f"notify: title must be a text, not {title!r}")
    return title


ACTION = Action(notify, check)
