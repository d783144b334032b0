"""`python -m xl_kpi` is `xl-kpi`."""

from xl_kpi.cli import main

raise SystemExit(main())
