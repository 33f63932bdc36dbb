"""What the paper claims of its tables 1 to 4 and figures 3 to 5, in the order of its section 4.

Each claim has the sentence that makes it. Where a sentence says more than the paper's own numbers,
the claim is what they support: it names the test set alone on which they do. Of figures the paper
prints no numbers; its sweeps are tested after pretraining on Kinetics-400.
"""

from __future__ import annotations

import math

from mlfo_mm.reporting.comparisons import (
    CHANCE,
    Claim,
    Comparison,
    ahead,
    chain,
    claim,
    find,
    mlfo,
    probe,
    tune,
)
from mlfo_mm.reporting.specs import Row
from mlfo_mm.study.profiles import PAPER_DATASETS

UCF, HMDB = PAPER_DATASETS
K400, K600, U101 = 'kinetics400', 'kinetics600', 'ucf101'
# section 4.4: "the number of categories of a specific dataset, e.g., 101 on UCF, 400 on K400"
CATEGORIES = {K400: 400, U101: 101}
SIMILAR = 2.0  # points; what is "comparable" differs by less, what is "far" or "badly" by more
FEW, ENOUGH = (0, 0.5), (1, math.inf)  # prototypes, in multiples of the number of categories
BEST, LARGE = (10, 20), (21, 100)  # first stages, in percent of the epochs


CBT = Row('cbt', 's3d', K600)
S3D = mlfo(backbone='s3d')
FULL, WITHOUT = mlfo(name='combined graph'), mlfo('no_lower', name='w/o graph')
INSTANCE = mlfo('instance', name='instance graph')
SEMANTIC = mlfo('semantic', name='semantic graph')
ONE_HOT = mlfo('one_hot', name='one-hot')
NTM, CTM = mlfo(name='NTM'), mlfo('ctm', name='CTM')
BY_INSTANCE, BY_SEMANTIC = mlfo(name='instance-wise'), mlfo(name='semantic-wise')
GUESSED = mlfo(name=CHANCE)
CONVENTIONAL = (
    'the conventional approach improves the action recognition performance of SlowFast network, '
    'but not the performance of R3D and S3D.'
)


def temporal(name: str, backbone: str, statement: str, sentence: str, *order: str) -> Claim:
    """Return a claim on table 3: variants on a backbone, from best to worst."""
    names = dict(default='NTM', ctm='CTM', no_temporal='w/o')
    rows = [mlfo(variant, backbone, name=names[variant]) for variant in order]
    return probe(name, 'table3', statement, sentence, *chain(*rows))


CLAIMS = (
    probe(
        '1.1',
        'table1',
        'Linear probe: MLFO (R3D-18) is ahead of CBT, CCL, MemDPC and TaCo',
        'Under the linear probe setting, our method obtains the best results on both datasets.',
        Comparison(mlfo(), CBT),
        *ahead(mlfo(), 'ccl/r3d18', 'memdpc/r2d3d34', 'taco/r3d'),
    ),
    probe(
        '1.2',
        'table1',
        f'Linear probe: MLFO is more than {SIMILAR:g} points ahead of CBT on S3D, of CCL on R3D-18',
        'our method with S3D and R3D-18 backbones outperform contrastive learning based approaches, '
        'CBT and CCL, respectively, by a large margin.',
        Comparison(S3D, CBT, by=SIMILAR),
        *ahead(mlfo(), 'ccl/r3d18', by=SIMILAR),
    ),
    tune(
        '1.3',
        'Finetuning after UCF101: MLFO (R3D-18) is ahead of VCOP, VCP and PRP',
        'for models pretrained on UCF-101, our method can outperform approaches that used simple '
        'temporal order or playback rate as their pretext task',
        *ahead(mlfo(pretrain=U101), 'vcop/r2plus1d', 'vcp/r3d', 'prp/r2plus1d'),
    ),
    tune(
        '1.4',
        f'Finetuning after UCF101: MLFO (R3D-18) and STS differ by less than {SIMILAR:g} points',
        'and is comparable to STS which designed a complex learning scheme to characterize '
        'appearance and motion statistics.',
        *ahead(mlfo(pretrain=U101), 'sts/r3d18', margin=SIMILAR),
    ),
    tune(
        '1.5',
        'Finetuning after Kinetics: MLFO (R3D-18) is ahead of RotNet, ST-Puzzle, Pace and MemDPC, '
        'of DSM on UCF101, of SpeedNet and CBT on HMDB51',
        'For models pretrained on Kinetics dataset, our method is comparable to recent '
        'state-of-the-art approaches even with smaller resolution',
        *ahead(
            mlfo(), 'rotnet3d/r3d18', 'st_puzzle/r3d18', 'pace-contrast/r2plus1d', 'memdpc/r2d3d34'
        ),
        *ahead(mlfo(), 'dsm/r3d34', sets=(UCF,)),
        *ahead(mlfo(), 'speednet-default/s3dg', sets=(HMDB,)),
        Comparison(mlfo(), CBT, (HMDB,)),
    ),
    tune(
        '1.6',
        'Finetuning: pretraining on Kinetics-400 is better than on UCF101',
        '',
        Comparison(mlfo(), mlfo(pretrain=U101)),
        Comparison(S3D, mlfo(backbone='s3d', pretrain=U101)),
    ),
    probe(
        '2.1',
        'table2',
        'One-hot targets on low and mid level are worse than none',
        'When using one-hot labels (in InfoNCE loss) as self-supervision for lower-level features, '
        'the poorer-than-baseline performance can be explained by gradient competition.',
        Comparison(WITHOUT, ONE_HOT),
    ),
    probe(
        '2.2',
        'table2',
        'The instance graph on low and mid level is better than none',
        'Using E_ins improves the results',
        Comparison(INSTANCE, WITHOUT),
    ),
    probe(
        '2.3',
        'table2',
        f'The semantic graph alone is more than {SIMILAR:g} points worse than none, and worst of all',
        'while E_sem only appears to badly corrupt the learned representations.',
        Comparison(WITHOUT, SEMANTIC, by=SIMILAR),
        Comparison(ONE_HOT, SEMANTIC),
    ),
    probe(
        '2.4',
        'table2',
        'The combined graph on low and mid level is better than the instance graph, and more than '
        f'{SIMILAR:g} points better than none',
        'Our method employing both constraints shows significant improvement as combining both '
        'distributions can yield reliable self-supervision.',
        Comparison(FULL, INSTANCE),
        Comparison(FULL, WITHOUT, by=SIMILAR),
    ),
    probe(
        '2.5',
        'table2',
        'Combined graph: on low and mid level > on the high level only > w/o',
        'introducing graph constraint on high-level representations does bring improvement but '
        'still less effective than our full pipeline.',
        *chain(FULL, mlfo('combined_high', name='combined, high level only'), WITHOUT),
    ),
    temporal(
        '3.1',
        'slowfast',
        'Temporal modelling on SlowFast, which has two pathways: CTM > NTM > w/o',
        f'{CONVENTIONAL} [...] our simple temporal modeling operation is effective for both '
        'single-pathway and two-pathway backbones',
        *('ctm', 'default', 'no_temporal'),
    ),
    *(
        temporal(
            name,
            backbone,
            f'Temporal modelling on {label}, which has one pathway: NTM > w/o > CTM',
            f'{CONVENTIONAL} [...] the temporally shuffled or reversed clips may exhibit different '
            'spatiotemporal statistics from what is deemed as natural, thus corrupting the learned '
            'representations.',
            *('default', 'no_temporal', 'ctm'),
        )
        for name, backbone, label in (('3.2', 'r3d18', 'R3D-18'), ('3.3', 's3d', 'S3D'))
    ),
    find(
        '4.1',
        'Retrieval after UCF101, R@1: MLFO is ahead of VCP, Pace, MemDPC, PRP, DSM and STS, and of '
        'SpeedNet after Kinetics-400',
        'Our method pretrained on UCF-101 is superior to other approaches over two datasets.',
        *ahead(
            mlfo(pretrain=U101),
            *('vcp/r3d', 'pace-contrast/r3d18', 'memdpc/r2d3d34'),
            *('prp/r3d', 'dsm/i3d', 'sts/r3d18'),
        ),
        Comparison(mlfo(pretrain=U101), Row('speednet', 's3dg', K400, 'default'), (UCF,)),
    ),
    find(
        '4.2',
        f'Retrieval after UCF101, R@1: MLFO is more than {SIMILAR:g} points ahead of what learns '
        'from playback rate: Pace and PRP',
        'Our method is significantly better than those using temporal cues to design pretext tasks.',
        *ahead(mlfo(pretrain=U101), 'pace-contrast/r3d18', 'prp/r3d', by=SIMILAR),
    ),
    find(
        '4.3',
        'Retrieval, R@1: pretraining on Kinetics-400 is better than on UCF101',
        'Further improvement can be observed when Kinetics-400 is utilized.',
        Comparison(mlfo(), mlfo(pretrain=U101)),
    ),
    probe(
        'F3.1',
        'figure3',
        'Prototypes: K of at most half the number of classes is worse than the default',
        'if K is too small (especially smaller than the number of categories), the performance '
        'drops significantly.',
        Comparison(mlfo(), mlfo('prototypes_*'), span=FEW),
    ),
    probe(
        'F3.2',
        'figure3',
        'Prototypes: K of at least the number of classes and the default differ by less than '
        f'{SIMILAR:g} points',
        'it is not necessary to set K equal to the number of categories of a specific dataset, '
        'e.g., 101 on UCF, 400 on K400. Instead, by setting K to a relatively larger number, the '
        'Top-1 accuracy is still comparatively high.',
        Comparison(mlfo(), mlfo('prototypes_*'), margin=SIMILAR, span=ENOUGH),
    ),
    probe(
        'F3.3',
        'figure3',
        'First stage: none (E = 0) is worse than the default',
        'when E = 0, i.e., no first stage training, the supervision for lower-level features is '
        'randomly initialized and this derails feature learning.',
        Comparison(mlfo(), mlfo('first_stage_0')),
    ),
    probe(
        'F3.4',
        'figure3',
        f'First stage: E above {BEST[1]} % of the epochs is worse than the default',
        'when E is large, optimization on lower-level features are not sufficient, hence weaker '
        'transferability of learned representations affects retrieval performance.',
        Comparison(mlfo(), mlfo('first_stage_*'), span=LARGE),
    ),
    probe(
        'F3.5',
        'figure3',
        'First stage: E = 10 % is better than none and than more than 20 %, and differs from the '
        f'default by less than {SIMILAR:g} points',
        'the performance is best when E is within the range of [10%, 20%], a stable range for both '
        'UCF-101 and Kinetics-400.',
        Comparison(mlfo('first_stage_10'), mlfo('first_stage_0')),
        Comparison(mlfo('first_stage_10'), mlfo('first_stage_*'), span=LARGE),
        Comparison(mlfo(), mlfo('first_stage_*'), margin=SIMILAR, span=BEST),
    ),
    claim(
        'F4.1',
        'figure4',
        'Nearest by the instance-wise distribution: with the class of the query more often than by '
        'chance',
        'instance-wise similarity distribution provides samples with similar appearance or motion '
        'characteristics',
        *('neighbours', 'hits_instance'),
        Comparison(BY_INSTANCE, GUESSED, (UCF,), against=CHANCE),
    ),
    claim(
        'F4.2',
        'figure4',
        'Nearest by the semantic-wise distribution: with the class of the query more often than by '
        'chance, and than the nearest by the instance-wise one',
        'while semantic-wise distribution provides samples of the same semantic category.',
        *('neighbours', 'hits_semantic'),
        Comparison(BY_SEMANTIC, GUESSED, (UCF,), against=CHANCE),
        Comparison(BY_SEMANTIC, BY_INSTANCE, (UCF,), against='hits_instance'),
    ),
    probe(
        'F4.3',
        'figure4',
        'Their intersection, the combined graph, teaches more than either alone',
        'The intersection of these two distributions leads to sample pairs that share both '
        'spatiotemporal characteristics and semantics. This demonstrates that the combined graph '
        'constraint could serve as a reliable self-supervisory signal',
        Comparison(FULL, INSTANCE),
        Comparison(FULL, SEMANTIC),
    ),
    claim(
        'F5.1',
        'figure5',
        'After NTM a linear classifier tells features of reversed clips from those of the original '
        'ones better than by chance',
        'train a linear classifier to discriminate temporally augmented features from the original. '
        '[...] our temporal modeling strategy contributes to more accurate and discriminative '
        'motion areas',
        *('order', 'accuracy'),
        Comparison(NTM, GUESSED, (UCF,), against=CHANCE),
    ),
    claim(
        'F5.2',
        'figure5',
        'It tells them better after NTM than after CTM (at which areas it looks, figure 5 shows)',
        'while conventional temporal augmentation is not able to perceive important motion cues '
        'well.',
        *('order', 'accuracy'),
        Comparison(NTM, CTM, (UCF,)),
    ),
)
