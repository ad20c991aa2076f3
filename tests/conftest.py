"""Property tests without a deadline: how long an example takes depends on who else uses the machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("without-deadline", deadline=None)
settings.load_profile("without-deadline")
