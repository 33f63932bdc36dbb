"""How keys of weights, of backbones and of data sets are printed."""

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
DATASETS = dict(
    hmdb51='HMDB51',
    kinetics400='Kinetics-400',
    kinetics600='Kinetics-600',
    none='nothing',
    ucf101='UCF101',
)
