"""Whether the URLs of ``notify`` can be sent to."""

from collections.abc import Iterator, Mapping

from medic.app.notify.ask import readable
from medic.app.settings.mistakes import Finding, Path
from medic.app.settings.patterns import find_texts
from medic.app.settings.yaml import Tree

ADVICE = "write an Apprise URL: mailto://user:password@example.com, ntfy://topic, slack://TokenA/TokenB/TokenC"


def check_people(tree: Tree, sources: Mapping[Path, Path]) -> Iterator[Finding]:
    """Yield a finding for each URL that Apprise cannot read, at its file's key where *sources* names one.

    With any URL there it takes a third of a second, and must not be called in a running event loop.
    """
    urls = list(find_texts(tree, ("notify", "*", "url")))
    answers = readable([url for _, url in urls]) if urls else []
    for (path, _), can_be_read in zip(urls, answers, strict=True):
        if not can_be_read:
            yield Finding(sources.get(path, path), "is no URL that Apprise can read", ADVICE)
