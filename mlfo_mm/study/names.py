"""How keys of weights, of backbones, of variants and of data sets are printed."""

WEIGHTS = dict(random='Random weights', scratch='Supervised from scratch')
BACKBONES = dict(
    c3d='C3D',
    i3d='I3D',
    r2d3d34='R2D3D-34',
    r2plus1d='R(2+1)D',
    r2plus1d18='R(2+1)D-18',
    r3d='R3D',
    r3d18='R3D-18',
    r3d34='R3D-34',
    s3d='S3D',
    s3dg='S3D-G',
    slowfast='SlowFast',
)
VARIANTS = dict(  # of a method; one that is not here is printed as it is spelled
    combined_high='combined graph, high level only',
    ctm='CTM',
    instance='instance graph',
    no_lower='no graph terms',
    no_temporal='no temporal terms',
    one_hot='one-hot targets',
    semantic='semantic graph',
    time_circular='circular padding',
    time_replicate='replicate padding',
)
SWEEPS = dict(prototypes='K = {}', first_stage='E = {} %')  # variants ``<setting>_<number>``
DATASETS = dict(
    hmdb51='HMDB51',
    kinetics400='Kinetics-400',
    kinetics600='Kinetics-600',
    none='nothing',
    ucf101='UCF101',
)


def variant_name(key: str) -> str:
    """Return how a variant is printed: ``prototypes_4`` as ``K = 4``."""
    printed = []
    for part in key.split('+'):
        setting, _, value = part.rpartition('_')
        swept = setting in SWEEPS and (value.isdecimal() or value == '*')
        printed.append(SWEEPS[setting].format(value) if swept else VARIANTS.get(part, part))
    return ', '.join(printed)
