"""What is installed and found here, against what is tested; the standard library will do.

:func:`require` runs before anything of MMAction2 is imported; ``tools/doctor.py`` prints :func:`report`.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib import metadata, util
from types import ModuleType
from typing import Literal, NamedTuple

from mlfo_mm.errors import UserError, unused_environment

PIP = 'python -m pip install'
PAIR = f'{PIP} torch==2.11.0 torchvision==0.26.0'  # always together: built for each other
ANEW = 'or start from a fresh environment: make install'


class Finding(NamedTuple):
    """One line of the report: ``ok``, a ``note`` that leaves everything usable, or ``wrong``."""

    status: Literal['ok', 'note', 'wrong']
    name: str
    text: str
    remedy: str = ''


@dataclass(frozen=True)
class Package:
    """A package that is needed, and the versions that do.

    Attributes:
        name: What it is called here.
        distributions: Names on the package index; any of them provides it.
        tested: Version that the tests run with, as in ``constraints.txt``.
        at_least: Lowest version that does.
        below: First version that does not, or an empty string.
        remedy: Command that installs it.
    """

    name: str
    distributions: tuple[str, ...]
    tested: str
    at_least: str
    below: str
    remedy: str


OPENCV = tuple(
    f'opencv-{kind}'
    for kind in ('contrib-python-headless', 'python-headless', 'contrib-python', 'python')
)
ESSENTIAL = (
    Package('torch', ('torch',), '2.11.0', '2.1', '3', PAIR),
    Package('torchvision', ('torchvision',), '0.26.0', '0.16', '1', PAIR),
    Package('numpy', ('numpy',), '2.4.6', '1.26', '3', f'{PIP} numpy==2.4.6'),
    Package(
        'cv2',
        OPENCV,
        '5.0.0.93',
        '4.5',
        '',
        f'{PIP} --no-deps opencv-contrib-python-headless==5.0.0.93',
    ),
    Package(
        'mmengine',
        ('mmengine', 'mmengine-lite'),
        '0.10.7',
        '0.10',
        '1',
        f'{PIP} --no-deps mmengine==0.10.7',
    ),
    Package(
        'mmcv', ('mmcv', 'mmcv-lite'), '2.1.0', '2.0', '2.2', f'{PIP} --no-deps mmcv-lite==2.1.0'
    ),
    Package(
        'mmaction2', ('mmaction2',), '1.2.0', '1.2', '1.3', f'{PIP} --no-deps mmaction2==1.2.0'
    ),
)
IMPORTED = ('torch', 'cv2', 'mmcv')  # by everything


def require() -> None:
    """Check what every tool needs.

    Raises:
        UserError: With what is missing or unfit, and the command that mends it.
    """
    wrong = [finding for finding in essential(IMPORTED) if finding.status == 'wrong']
    if wrong:
        raise unfit(wrong)


def torchvision(module: str) -> ModuleType:
    """A module of torchvision, imported by what uses it: with the compiler of torch, it takes a second.

    Raises:
        UserError: It cannot be imported.
    """
    try:
        return importlib.import_module(f'torchvision.{module}')
    except Exception as error:  # a broken binary fails with whatever error it likes
        package = next(package for package in ESSENTIAL if package.name == 'torchvision')
        raise unfit([_not_importable(package, error)]) from error


def unfit(findings: list[Finding]) -> UserError:
    """One error of several findings, with one command."""
    problems = '; '.join(f'{finding.name} {finding.text}' for finding in findings)
    commands = ' && '.join(dict.fromkeys(finding.remedy for finding in findings))
    active = f'{unused_environment()}, or mend it' if unused_environment() else 'Mend it'
    return UserError(f'{problems}. {active} with: {commands} ({ANEW})')


def essential(imported: Collection[str]) -> Iterator[Finding]:
    """Findings on the packages that every tool needs; some are imported if their version does."""
    for package in ESSENTIAL:
        finding = check_version(package)
        if finding.status != 'wrong' and package.name == 'torchvision':
            finding = check_pair(finding)
        if finding.status != 'wrong' and package.name in imported:
            finding = check_import(package, finding)
        yield finding


def check_version(package: Package) -> Finding:
    """Is one of a package's distributions here, in a version that does?"""
    here = installed(package.distributions)
    if not here:
        if util.find_spec(package.name.removesuffix('2')):  # a checkout on the path
            return Finding('note', package.name, 'is importable, but of unknown version')
        return Finding('wrong', package.name, 'is missing', package.remedy)
    name, version = here[0]
    what = version if name == package.name else f'{version} ({name})'
    low, high = parse(package.at_least), parse(package.below)
    if parse(version) < low or (high and parse(version) >= high):
        needed = f'>= {package.at_least}' + (f', < {package.below}' if high else '')
        remedy = package.remedy
        if name == 'mmcv':  # the two share a folder
            remedy = f'python -m pip uninstall -y mmcv && {remedy}'
        return Finding('wrong', package.name, f'{what} does not do: {needed} is needed', remedy)
    if version.partition('+')[0] != package.tested:
        return Finding('note', package.name, f'{what}, tested is {package.tested}')
    return Finding('ok', package.name, f'{what}, as tested')


def check_pair(finding: Finding) -> Finding:
    """Is torchvision built for the torch that is here? It fails at import otherwise."""
    torch = metadata.version('torch').partition('+')[0]
    for requirement in metadata.requires('torchvision') or []:
        built_for = re.match(r'torch\s*\(?==\s*([\d.]+)', requirement)
        if built_for and built_for[1] != torch:
            version = metadata.version('torchvision')
            text = f'{version} is built for torch {built_for[1]}, here is {torch}'
            return Finding('wrong', 'torchvision', text, f'{PIP} torch=={torch} torchvision')
    return finding


def check_import(package: Package, finding: Finding) -> Finding:
    """Can a package be imported? A broken binary fails with whatever error it likes."""
    try:
        importlib.import_module(package.name)
    except Exception as error:
        return _not_importable(package, error)
    return finding


def _not_importable(package: Package, error: Exception) -> Finding:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    remedy = package.remedy.replace('install ', 'install --force-reinstall ', 1)
    return Finding('wrong', package.name, f'cannot be imported ({reason})', remedy)


def parse(version: str) -> tuple[int, ...]:
    """Numbers of a version, without local and pre-release parts."""
    return tuple(int(n) for n in re.match(r'[\d.]*', version)[0].split('.') if n)


def installed(distributions: tuple[str, ...]) -> list[tuple[str, str]]:
    """Those of some distributions that are installed, with their versions."""
    found = []
    for name in distributions:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    return found


def report() -> Iterator[Finding]:
    """Everything that the doctor looks at, worst things first to be mended."""
    yield check_python()
    for finding in essential((*IMPORTED, 'torchvision')):
        spec = util.find_spec(finding.name.removesuffix('2')) if finding.status != 'wrong' else None
        yield finding._replace(text=f'{finding.text}, {spec.origin}' if spec else finding.text)
    yield from check_overlays()
    yield from check_video()
    yield check_gpus()
    yield from check_datasets()


def check_python() -> Finding:
    """Is the interpreter one of those tested?"""
    version, text = sys.version_info[:2], f'{sys.version.split()[0]}, {sys.executable}'
    if version < (3, 11):
        return Finding('wrong', 'python', text, 'make install PYTHON=/path/to/python3.12')
    if unused_environment():
        return Finding('note', 'python', text, unused_environment())
    if version > (3, 12):
        return Finding('note', 'python', f'{text}; tested are 3.11 and 3.12')
    return Finding('ok', 'python', text)


def check_overlays() -> Iterator[Finding]:
    """Distributions that unpack into the same folder and overwrite each other."""
    providers = metadata.packages_distributions()
    keep = {'cv2': 'opencv-contrib-python-headless', 'mmaction': 'mmaction2', 'mmcv': 'mmcv'}
    for module, name in keep.items():
        several = sorted(set(providers.get(module, [])))
        if len(several) > 1:
            kept = next(p for p in ESSENTIAL if name in p.distributions)
            yield Finding(
                'wrong' if module != 'cv2' else 'note',
                module,
                f'is provided by {" and ".join(several)}: they overwrite each other',
                f'python -m pip uninstall -y {" ".join(several)} && {kept.remedy}',
            )


def check_video() -> Iterator[Finding]:
    """Which decoders are here, and can H.264 be written?"""
    decoders = {}
    for name, module in (('decord', 'decord'), ('PyAV', 'av')):
        try:
            decoders[name] = importlib.import_module(module).__version__
        except Exception as error:
            yield Finding('note', name, f'is not usable ({error})', f'{PIP} {module}')
    if decoders:
        text = ', '.join(f'{name} {version}' for name, version in decoders.items())
        yield Finding('ok', 'decoders', text)
    else:
        yield Finding('wrong', 'decoders', 'none is usable', f'{PIP} av decord')
    if 'PyAV' in decoders:
        yield _check_h264()


def _check_h264() -> Finding:
    import av

    if 'libx264' in av.codecs_available:
        return Finding('ok', 'H.264', 'can be written (libx264)')
    remedy = f'{PIP} --force-reinstall --only-binary av av'
    return Finding('note', 'H.264', 'cannot be written: no embedded data set', remedy)


def check_gpus() -> Finding:
    """Which GPUs does torch see?"""
    try:
        import torch

        names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    except Exception as error:
        return Finding('note', 'GPUs', f'unknown, torch is unfit ({str(error).splitlines()[0]})')
    if not names:
        text = (
            f'none seen by torch {torch.__version__}: training runs on {os.cpu_count()} CPU cores'
        )
        return Finding('note', 'GPUs', text, 'small profiles: mlfo/r3d18@demo, @mini')
    return Finding('ok', 'GPUs', f'{len(names)}: {", ".join(dict.fromkeys(names))}')


def check_datasets() -> Iterator[Finding]:
    """Which data sets lie in the data roots?"""
    from mlfo_mm.datasets.annotation import data_roots, list_names, read_lines

    roots = data_roots()
    found = False
    for folder in sorted(path for root in roots if root.is_dir() for path in root.iterdir()):
        lists = list_names(folder)
        if not (folder / 'classes.txt').is_file() or not lists:
            continue
        found = True
        try:
            counts = ', '.join(
                f'{name} {sum(1 for _ in read_lines(folder / name))}' for name in lists
            )
            yield Finding('ok', 'data set', f'{folder.name}: {counts}, {folder}')
        except UserError as error:
            yield Finding('note', 'data set', f'{folder.name}: {error}', 'prepare it again')
    if not found:
        text = f'none in {", ".join(map(str, roots))}'
        remedy = 'python tools/data/make_digits.py, or name a folder of data sets in MLFO_DATA_ROOT'
        yield Finding('note', 'data set', text, remedy)
