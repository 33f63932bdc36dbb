"""mlfo_mm: a reproducibility benchmark for self-supervised video learning on MMAction2.

Importing the package applies the upstream work-arounds of :mod:`mlfo_mm.compat` and registers every
component in MMAction2's registries. ``MLFO_MM_NO_REGISTER=1`` leaves both out, for the tools that
read records only and must not import torch.
"""

import os

__version__ = '0.1.0'

if os.environ.get('MLFO_MM_NO_REGISTER') != '1':
    from mlfo_mm import compat  # isort: skip

    compat.apply()
    from mlfo_mm import datasets, engine, evaluation, models
