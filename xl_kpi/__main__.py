"""Where `xl-kpi` and `python -m xl_kpi` arrive, before anything else is imported.

`xl-kpi` is the better of the two: with `-m` Python looks for xl_kpi itself in the current folder first, and nothing that
stands here can keep it from that.
"""

import sys

from xl_kpi import isolation


def main() -> int:
    """Run one command, away from what lies in the current folder; returns its exit code."""
    try:
        isolation.isolate()
    except RuntimeError as error:
        print(f"{error}。请改用 xl-kpi", file=sys.stderr)
        return 2
    import gc  # these not before the path is clean

    from xl_kpi import cli

    gc.set_threshold(100_000)  # what is made at the start stays: to look for garbage in it takes a tenth of the time

    return cli.main()


if __name__ == "__main__":
    raise SystemExit(main())
