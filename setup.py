"""Metadata of mlfo_mm; the settings of tools are in pyproject.toml."""

import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
# beside the package in a checkout, in its folder .mim where it is installed
CARRIED = (
    ('configs', '**/*'),
    ('tools', '*.*'),
    ('tools/data', '*.py'),
    ('results/paper', '*.csv'),
    ('results/estimates', '*.csv'),
    ('results/reference', 'records/**/*.json'),
    ('.', 'constraints.txt'),
    ('.', 'openmmlab.txt'),
    ('.', 'model-index.yml'),
)
VERSION = re.search(r"__version__ = '(.+)'", (HERE / 'mlfo_mm/__init__.py').read_text()).group(1)
README = HERE / 'README.md'
PAPER = 'https://arxiv.org/abs/2108.02183'

# mmengine, mmcv, mmaction2 and OpenCV are not here but in openmmlab.txt, for --no-deps: pip would
# unpack mmcv-lite over a full mmcv, and two or three OpenCV distributions into one cv2 folder.
# Importing mlfo_mm says in one line which of them is missing, with the command that installs it.
REQUIRES = [
    'torch>=2.1',
    'torchvision>=0.16',
    'numpy>=1.26',
    'scipy',
    'scikit-learn',
    'pandas',
    'tabulate',
    'einops',
    'av>=17',
    'decord>=0.6; platform_machine in "x86_64 AMD64" and sys_platform != "darwin"',
    'filelock',
    'jinja2',
    'matplotlib',
    'rich',
    'safetensors',
    'tensorboard',
    'tqdm',
    # what mmengine, mmcv and mmaction2 need, as they are installed without their dependencies
    'addict',
    'importlib_metadata',
    'packaging',
    'Pillow',
    'PyYAML',
    'termcolor',
    'yapf',
]


class CarryFiles(build_py):
    """Put the configs, the tools and the paper's numbers into the package."""

    def run(self):
        """Build, then copy; an editable install finds them where they are."""
        super().run()
        if getattr(self, 'editable_mode', False):
            return
        for folder, pattern in CARRIED:
            for path in sorted((HERE / folder).glob(pattern)):
                if path.is_file() and '__pycache__' not in path.parts:
                    target = Path(self.build_lib, 'mlfo_mm/.mim', path.relative_to(HERE))
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, target)


setup(
    name='mlfo_mm',
    version=VERSION,
    description='A reproducibility benchmark for self-supervised video representation learning',
    long_description=README.read_text(encoding='utf-8') if README.is_file() else '',
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    url=PAPER,
    project_urls={
        'Paper': PAPER,
        'MMAction2': 'https://github.com/open-mmlab/mmaction2',
    },
    keywords='self-supervised video representation learning, MMAction2, benchmark, MLFO',
    python_requires='>=3.11',
    packages=find_packages(include=['mlfo_mm', 'mlfo_mm.*']),
    cmdclass=dict(build_py=CarryFiles),
    entry_points=dict(console_scripts=['mlfo = mlfo_mm.cli:main']),
    package_data={
        'mlfo_mm': ['py.typed'],
        'mlfo_mm.reporting.render': ['*.j2'],
        'mlfo_mm.benchmark': ['Snakefile', 'clusters/*/config.yaml'],
    },
    install_requires=REQUIRES,
    extras_require={
        'benchmark': ['snakemake>=9.4', 'jinja2'],  # tools/benchmark.py
        'slurm': ['snakemake>=9.4', 'snakemake-executor-plugin-slurm>=2'],
        'test': ['pytest', 'pytest-xdist', 'hypothesis', 'coverage>=7.10'],
        'lint': ['ruff', 'mypy'],
        'dist': ['build'],
        'docs': ['mkdocs<2', 'mkdocs-material', 'mkdocstrings-python', 'latex2mathml'],
    },
    classifiers=[
        'Programming Language :: Python :: 3.11',
        'Programming Language :: Python :: 3.12',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
    ],
)
