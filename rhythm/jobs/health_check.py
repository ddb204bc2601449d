"""The job health-check: makes the system check and fails when a part of it does."""

from collections.abc import Sequence

from rhythm.ports import Check, Context, Result


async def run(context: Context) -> Result:
    """Make the system check that the wiring offers; the output has a line per part."""
    return judge(await context.check())


def judge(checks: Sequence[Check]) -> Result:
    """Sum up the parts; no part at all is a failure, since nothing was seen to be well."""
    if not checks:
        return Result(ok=False, summary="there was nothing to check")
    bad = [check for check in checks if not check.ok]
    passed = len(checks) - len(bad)
    summary = f"{passed}/{len(checks)} checks passed ({100 * passed // len(checks)}%)"
    if bad:
        summary = f"{summary}; failed: {', '.join(check.name for check in bad)}"
    return Result(ok=not bad, summary=summary, output="\n".join([*map(_line, checks), summary]))


def _line(check: Check) -> str:
    return f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.text}"
