"""From a run's name to its values.

The order of merging, each over what stands before it:

1. runtime, schedule, views: what the profile reads, or the published recipe;
2. profile: data, geometry, normalisation, budget;
3. backbone;
4. method: model, sampler, and views where they are part of the method (``own_views``);
5. what schedule and backbone say of the profile (``schedule_at``, ``backbone_at``);
6. what the method says of it (``method_at``);
7. variants and changes, each with what it says of the profile (``variant_at``);
8. ``--cfg-options``.

A profile is named by itself, by ``small`` (each but ``paper``), or as ``paper`` and a pretraining
set. At the published scale 1 to 4 are the recipe's file, whole, which has what its set asks for; a
backbone of another name replaces its own, and a variant is asked of the set.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from mlfo_mm.engine.fragments import merge, read_fragment, shipped, words
from mlfo_mm.engine.strict import check_change
from mlfo_mm.errors import UserError, did_you_mean
from mlfo_mm.study.config_text import look_up
from mlfo_mm.study.methods import cards
from mlfo_mm.study.paths import CONFIGS
from mlfo_mm.study.runs import SETS, RunName

Values = dict[str, Any]
PAPER = 'paper'
# what a recipe gives to a run under a small profile; the rest of it is the published scale's
METHOD = ('method', 'variant', 'model', 'sampler', 'pretext_step', 'own_views', 'method_at')
WORDS = ('schedule_at', 'backbone_at', 'method_at', 'variant_at', 'evaluation')
SOURCES = ('schedules', 'backbones', 'views', 'profiles')


def compose(run: RunName) -> Values:
    """All values of a run but ``--cfg-options``, classes unbuilt.

    Raises:
        UserError: A part of the name is unknown, or a file cannot be read or merged.
    """
    if run.at in SETS or (run.file is not None and not run.at):
        values, places = _published(run)
    elif run.at == PAPER:
        sets = ' or '.join(f'{run.base}@{name}' for name in SETS)
        raise UserError(f'run {run}: name the pretraining set of the published scale: {sets}')
    else:
        values, places = _small(run), ('small', run.at)
    for key in ('schedule_at', 'backbone_at', 'method_at'):
        for said in words(values, key, places, run):
            values = merge(values, said, f'{run}, {key}')
    if values.get('profile') == PAPER:
        # of the set, the recipe's own parts have been asked; a variant has not
        on = values.get('pretrain_dataset')
        places = (PAPER, *(at for at, name in SETS.items() if name == on))
    method = str(values.get('method', run.method))  # a file may lie in any folder
    for name in run.changes:
        values = _changed(values, change_file(method, name), places)
    values['run'] = str(run)
    return {key: value for key, value in values.items() if key not in WORDS}


def change_file(method: str, name: str) -> Path:
    """The file of a variant of a method, or of a change that any run may have.

    Raises:
        UserError: There is none.
    """
    if name.endswith('.py'):
        return Path(name)
    folders = (CONFIGS / method / 'variants', CONFIGS / 'changes')
    for folder in folders:
        if (folder / f'{name}.py').is_file():
            return folder / f'{name}.py'
    known = [file.stem for folder in folders for file in sorted(folder.glob('*.py'))]
    near = did_you_mean(name, known) or f': there are {", ".join(known)}'
    raise UserError(f'{method} has no variant or change {name!r}{near}')


def main_recipe(method: str) -> Path:
    """The recipe that defines a method, as its card names it.

    Raises:
        UserError: No such method.
    """
    known = cards()
    if method not in known:
        near = did_you_mean(method, known) or f': one of {", ".join(known)}'
        raise UserError(f'unknown method {method!r}{near}')
    return CONFIGS / method / known[method].recipe


def named(path: Path) -> RunName | None:
    """The run that a shipped recipe's file is, None for any other file."""
    path = path.resolve()
    if path.parent.parent != CONFIGS or path.parent.name in SOURCES or not path.is_file():
        return None
    backbone, _, at = path.stem.rpartition('_')
    return RunName(f'{path.parent.name}/{backbone}', at) if backbone and at in SETS else None


def _published(run: RunName) -> tuple[Values, tuple[str, ...]]:
    """A recipe as its file has it, and of which places its parts have yet to be asked."""
    if run.file is not None:
        values = _recipe(run.file)
        if run.at:
            return _on_set(run, values)
        return values, (PAPER,) if values.get('profile') == PAPER else ()
    path = _nearest_recipe(run)
    values, (backbone, _, at) = _recipe(path), path.stem.rpartition('_')
    if backbone != run.backbone:
        values |= shipped('backbones', run.backbone)
    if at == run.at:
        return values, (PAPER,)
    return values | dict(pretrain_dataset=SETS[run.at]), (PAPER, run.at)


def _on_set(run: RunName, values: Values) -> tuple[Values, tuple[str, ...]]:
    """A file of the published scale on another pretraining set than its own."""
    profile, own, name = values.get('profile', PAPER), values.get('pretrain_dataset'), SETS[run.at]
    if profile != PAPER:
        raise UserError(f'run {run}: {run.file} is of the profile {profile}, which has no sets')
    if own == name:
        return values, (PAPER,)
    if own and look_up(values, 'train_dataloader.dataset.dataset') == own:  # a printed config
        values = merge(values, dict(train_dataloader=dict(dataset=dict(dataset=name))), str(run))
    return values | dict(pretrain_dataset=name), (PAPER, run.at)


def _nearest_recipe(run: RunName) -> Path:
    """The recipe of a backbone and set; else of the backbone, of the set, or the method's own."""
    folder, main = CONFIGS / run.method, main_recipe(run.method)
    backbone = main.stem.rpartition('_')[0]
    names = [f'{run.backbone}_{at}' for at in (run.at, *SETS)] + [f'{backbone}_{run.at}']
    return next((p for p in (folder / f'{name}.py' for name in names) if p.is_file()), main)


def _small(run: RunName) -> Values:
    """A method on a backbone under a profile that brings data, schedule and views."""
    recipe = _recipe(run.file or main_recipe(run.method))
    backbone = recipe if run.file is not None else shipped('backbones', run.backbone)
    keys = METHOD + (('views',) if recipe.get('own_views') else ())
    values = shipped('profiles', run.at)
    values.pop('schedule_at', None)
    values |= {key: backbone[key] for key in ('backbone_name', 'backbone') if key in backbone}
    values |= dict(backbone_at=backbone.get('backbone_at', {}))
    return values | {key: recipe[key] for key in keys if key in recipe}


def _recipe(path: Path) -> Values:
    values = read_fragment(path)
    if not is_whole(values):
        raise UserError(
            f'{path} holds only changes: join it to a run by +, for instance '
            f'python tools/train.py mlfo/r3d18@demo+{path}'
        )
    return values


def is_whole(values: Values) -> bool:
    """Whether a file can stand alone: it names a model or a protocol."""
    model = values.get('model')
    return (isinstance(model, dict) and 'type' in model) or 'downstream' in values


def _changed(values: Values, path: Path, places: tuple[str, ...]) -> Values:
    change = read_fragment(path)
    if is_whole(change):
        raise UserError(f'{path} is a whole config: only files of changes are joined by +')
    said = words(change, 'variant_at', places, path)
    change.pop('variant_at', None)
    for part in (change, *said):
        check_change(values, part, path)
        values = merge(values, part, str(path))
    return values


def normal(run: RunName) -> RunName:
    """The one spelling of a run: a shipped recipe's file as method, backbone and set."""
    found = named(run.file) if run.file is not None and not run.at else None
    return replace(found, changes=run.changes) if found else run
