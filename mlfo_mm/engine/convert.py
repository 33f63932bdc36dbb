"""Weights to and from the layouts of other codes; nothing is changed but names."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from mmengine.config import Config
from safetensors.torch import save as safetensors_bytes
from torch import Tensor

from mlfo_mm.engine.backbone import FACTS, build_backbone, clip_facts
from mlfo_mm.engine.checkpoints import (
    BACKBONE,
    SAFETENSORS,
    SHOWN,
    backbone_differences,
    differences,
    read_checkpoint,
    tensors_of,
)
from mlfo_mm.engine.composed import carried_config, composed_text
from mlfo_mm.engine.launch import model_state
from mlfo_mm.engine.layouts import LAYOUTS, Layout, detect, own_layout
from mlfo_mm.errors import UserError, did_you_mean, short
from mlfo_mm.files import file_sha256, write_atomic
from mlfo_mm.installation import torchvision

ANY = 'a .pt2 file runs on torch alone, whatever the network'
# torchvision's function for a layout, and the parts of its network before the pooling
TORCHVISION = dict(
    torchvision_r3d=('r3d_18', ('stem', 'layer1', 'layer2', 'layer3', 'layer4')),
    torchvision_s3d=('s3d', ('features',)),
)


def import_weights(
    source: Path, target: Path, config: Config, layout: str | None = None, prefix: str = ''
) -> str:
    """Write a checkpoint of another code as one that the config's model can be loaded from.

    Args:
        source: State dict, checkpoint with one, or safetensors.
        target: Checkpoint to write.
        config: What the weights are to be used with; the checkpoint carries it.
        layout: Of the source; None finds it by its names.
        prefix: Take only the tensors whose names begin so, for instance ``encoder_q.0.``.

    Returns:
        A line that says what was converted.

    Raises:
        UserError: The source cannot be read, has tensors of no known layout, or does not fit.
    """
    theirs = tensors_of(read_checkpoint(source))
    theirs = {k.removeprefix(prefix): v for k, v in theirs.items() if k.startswith(prefix)}
    if not theirs:
        what = f'no tensor begins with {prefix!r}' if prefix else 'no tensors in it'
        raise UserError(f'{source}: {what}')
    own = model_state(config)
    theirs, found = _unwrapped(source, theirs, layout, own)
    ours = to_ours(theirs, found)
    differ, known = backbone_differences(own, ours)
    left_over = [key for key in ours if key not in known]
    if differ or left_over:
        what = (
            str(differ)
            or f'left over {len(left_over)}, first {", ".join(map(short, left_over[:SHOWN]))}'
        )
        raise UserError(f'{source} ({found.what}) does not fit {config.filename}: {what}')
    meta = dict(
        composed=composed_text(config),
        layout=found.name,
        source=source.name,
        source_sha256=file_sha256(source),
    )
    file = io.BytesIO()
    torch.save(dict(state_dict=ours, meta=meta), file)
    write_atomic(target, file.getvalue())
    line = f'{len(ours)} tensors of {found.what}: {target}, for {config.filename}'
    rest = [key for key in own if key not in ours]
    return line + (f'; not in it: {len(rest)}, first {", ".join(rest[:SHOWN])}' if rest else '')


def export_weights(source: Path, target: Path, layout: str | None = None) -> str:
    """Write the weights of a checkpoint as a plain state dict under the names of another code.

    safetensors carries what to feed the network as well (:class:`~mlfo_mm.engine.backbone.ClipFacts`, JSON).

    Args:
        source: Checkpoint of this code.
        target: ``*.pth`` for ``torch.load``, ``*.safetensors`` for safetensors.
        layout: Names to write; None takes torchvision's or else plain ones.

    Returns:
        A line that says what was converted, and whether torchvision's class takes it.

    Raises:
        UserError: The source cannot be read, or has tensors without a name in the layout.
    """
    if target.suffix not in ('.pth', '.pt', SAFETENSORS):
        raise UserError(
            f'{target}: a name on .pth, {SAFETENSORS} or .pt2 says which format to write'
        )
    read = read_checkpoint(source)
    state, config = tensors_of(read), _config(read, source)
    backbone = {k.removeprefix(BACKBONE): v for k, v in state.items() if k.startswith(BACKBONE)}
    if not backbone:
        raise UserError(f'{source}: no tensor begins with {BACKBONE!r}: no checkpoint of this code')
    found = _known(layout) if layout else _best(source, backbone)
    ours = state if found.whole else backbone
    renamed = {found.theirs(key): value.contiguous() for key, value in ours.items()}
    unnamed = [key for key in ours if found.theirs(key) is None]
    if unnamed and (not found.whole or any(key.startswith(BACKBONE) for key in unnamed)):
        raise UserError(
            f'{source}: {len(unnamed)} tensors have no name in {found.what}, first '
            f'{", ".join(map(short, unnamed[:SHOWN]))}'
        )
    theirs = {key: value for key, value in renamed.items() if key is not None}
    for bias, mean in found.folded:
        if mean in theirs:
            theirs[bias] = torch.zeros_like(theirs[mean])
    if target.suffix == SAFETENSORS:
        facts = dict(layout=found.name, source=source.name, source_sha256=file_sha256(source))
        if config is not None:
            facts[FACTS] = clip_facts(config).text()
        data = safetensors_bytes(theirs, metadata=facts | {'format': 'pt'})
    else:
        file = io.BytesIO()
        torch.save(theirs, file)
        data = file.getvalue()
    write_atomic(target, data)
    line = f'{len(theirs)} tensors under the names of {found.what}: {target}'
    line += f'; left out: {", ".join(sorted(unnamed)[:SHOWN])} ...' if unnamed else ''
    return line + said_of_torchvision(found, theirs, backbone, config)


def said_of_torchvision(
    layout: Layout,
    theirs: Mapping[str, Tensor],
    backbone: Mapping[str, Tensor],
    config: Config | None,
) -> str:
    """Whether torchvision's class takes exported tensors as it is; empty where the layout has no class.

    Tensors of the same shapes are not enough: strides and padding in time are none, so both networks are
    shown the same clip.
    """
    if layout.name not in TORCHVISION:
        return ''
    name, parts = TORCHVISION[layout.name]
    network = getattr(torchvision('models.video'), name)()
    state = network.state_dict()
    found = differences({k: v for k, v in state.items() if not layout.drops(k)}, theirs)
    if found:
        return f"; torchvision's {name}() does not take it: {found}; {ANY}"
    if config is None:
        return ''
    network.load_state_dict({**state, **theirs})
    clip = torch.randn(1, 3, 16, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        levels = build_backbone(config, backbone)(clip)
        for part in parts:
            clip = getattr(network.eval(), part)(clip)
    ours = levels[-1]
    if ours.shape == clip.shape and (ours - clip).norm() <= 1e-3 * clip.norm():
        return f"; torchvision's {name}() takes it as it is (strict=False: it has no classifier)"
    return (
        f"; torchvision's {name}() takes the tensors, but is another network: strides, pooling or padding "
        f'differ; {ANY}'
    )


def _config(read: Mapping[str, object], source: Path) -> Config | None:
    try:
        return carried_config(read, source)
    except (
        UserError
    ):  # of components that are not known here: the tensors are exported all the same
        return None


def to_ours(theirs: Mapping[str, Tensor], layout: Layout) -> dict[str, Tensor]:
    """Tensors under our names, those of a backbone with ``backbone.`` before them."""
    theirs = dict(theirs)
    for bias, mean in layout.folded:
        if bias in theirs and mean in theirs:
            theirs[mean] = theirs[mean] - theirs.pop(bias)
    start = '' if layout.whole else BACKBONE
    ours = {
        f'{start}{layout.ours(key)}': value
        for key, value in theirs.items()
        if not layout.drops(key)
    }
    for key in [key for key in ours if key.endswith('.running_mean')]:
        # torch before 0.4.1 did not count; momentum does not need it
        ours.setdefault(key.replace('running_mean', 'num_batches_tracked'), torch.tensor(0))
    return ours


def _unwrapped(
    source: Path, theirs: dict[str, Tensor], layout: str | None, own: Mapping[str, Tensor]
) -> tuple[dict[str, Tensor], Layout]:
    """Tensors without what is wrapped around the network (``module._orig_mod.``), and their layout."""
    layouts = [_known(layout)] if layout else [*LAYOUTS.values(), own_layout(_backbone_of(own))]
    bare, wrapped = theirs, True
    while wrapped:
        found = detect(bare, layouts)
        if found:
            return bare, found
        wrapped = len({key.partition('.')[0] for key in bare}) == 1 and all('.' in k for k in bare)
        if wrapped:
            bare = {key.partition('.')[2]: value for key, value in bare.items()}
    strange = [
        key for key in bare if not any(each.ours(key) or each.drops(key) for each in layouts)
    ]
    what = f'in {layouts[0].what}' if layout else f'in any known layout ({", ".join(LAYOUTS)})'
    parts = ' or '.join(f'--prefix {short(part)}' for part in _fitting(theirs, layouts, own))
    raise UserError(
        f'{source}: {len(strange) or len(bare)} of {len(bare)} tensors have no place {what}, '
        f'first {", ".join(map(short, (strange or list(bare))[:SHOWN]))}; '
        + (f'{parts} takes what fits' if parts else '--prefix takes one part of a model')
    )


def _backbone_of(own: Mapping[str, Tensor]) -> list[str]:
    return [key.removeprefix(BACKBONE) for key in own if key.startswith(BACKBONE)]


def _fitting(
    theirs: Mapping[str, Tensor], layouts: Iterable[Layout], own: Mapping[str, Tensor]
) -> list[str]:
    """Prefixes of tensors that are the whole backbone, each the shortest of its part."""
    fits: list[str] = []
    needed = sum(not key.endswith('num_batches_tracked') for key in _backbone_of(own))
    prefixes = {key[: dot.end()] for key in theirs for dot in re.finditer(r'\.', key)}
    for prefix in sorted(prefixes, key=lambda each: (len(each), each)):
        part = {k.removeprefix(prefix): v for k, v in theirs.items() if k.startswith(prefix)}
        found = detect(part, layouts) if len(part) >= needed else None
        if found and not prefix.startswith(tuple(fits)):
            differ, _ = backbone_differences(own, to_ours(part, found))
            fits += [] if differ else [prefix]
    return fits


def _known(name: str) -> Layout:
    if name not in LAYOUTS:
        raise UserError(
            f'no layout {name!r}{did_you_mean(name, LAYOUTS)}; known: {", ".join(LAYOUTS)}'
        )
    return LAYOUTS[name]


def _best(source: Path, backbone: Mapping[str, Tensor]) -> Layout:
    for layout in LAYOUTS.values():
        if not layout.whole and all(layout.theirs(key) for key in backbone):
            return layout
    raise UserError(
        f'{source}: no known layout names all tensors of its backbone, the first are '
        f'{", ".join(map(short, list(backbone)[:SHOWN]))}; {ANY}'
    )
