"""Everything that registers a component in MMAction2's registries: one name for ``custom_imports``."""

import mlfo_mm.datasets.transforms
import mlfo_mm.datasets.video_list
import mlfo_mm.engine
import mlfo_mm.evaluation.pipelines
import mlfo_mm.models  # noqa: F401
from mlfo_mm import compat_tools

compat_tools.apply()
