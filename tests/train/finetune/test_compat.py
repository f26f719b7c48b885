"""The patches for quaterion: each one is still needed, and still enough.

A failure here after an update means: a release has made a patch unnecessary (take it out of
`train/finetune/compat.py`, and its test with it), or has broken it.
"""

import subprocess
import sys

BEFORE = """
import torch.utils.data.dataset as dataset, torch.utils.data.dataloader as loader
for module in (dataset, loader):
    if not hasattr(module, "T_co"):
        module.T_co = module._T_co
"""

A_FIT = """
import logging, warnings
warnings.filterwarnings("ignore")
logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
import pytorch_lightning as pl, torch
from quaterion import Quaterion, TrainableModel
from quaterion.dataset import PairsSimilarityDataLoader, SimilarityPairSample
from quaterion.loss import MultipleNegativesRankingLoss
from quaterion_models.encoders import Encoder
from quaterion_models.heads import SkipConnectionHead

class Lengths(Encoder):
    trainable = False
    embedding_size = 4
    def get_collate_fn(self):
        return lambda texts: torch.tensor([[len(t), 1.0, 2.0, 3.0] for t in texts])
    def forward(self, batch):
        return batch

class Model(TrainableModel):
    def configure_encoders(self):
        return Lengths()
    def configure_head(self, size):
        return SkipConnectionHead(size)
    def configure_loss(self):
        return MultipleNegativesRankingLoss(symmetric=True)
    def configure_optimizers(self):
        return torch.optim.Adam(self.model.head.parameters())

samples = [SimilarityPairSample("a" * i, "b" * i) for i in range(8)]
loader = PairsSimilarityDataLoader(samples, batch_size=4)
trainer = pl.Trainer(accelerator="cpu", max_epochs=1, logger=False, enable_checkpointing=False,
                     enable_progress_bar=False, enable_model_summary=False)
Quaterion.fit(Model(), trainer, loader)
print(sorted(trainer.callback_metrics))
"""


def python(code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_quaterion_cannot_be_imported_as_it_is() -> None:
    done = python("import quaterion")

    assert done.returncode != 0, "quaterion imports by itself: take out rename_type_variable"
    assert "T_co" in done.stderr


def test_stages_are_not_written_as_text_without_the_patch() -> None:
    done = python(
        BEFORE + "from quaterion.utils.enums import TrainStage; print(f'{TrainStage.TRAIN}')"
    )

    assert done.stdout.strip() != "train", "take out format_stages_as_text"
    assert done.returncode == 0, done.stderr


def test_a_fit_does_not_end_well_without_the_patch() -> None:
    done = python(BEFORE + A_FIT)

    assert done.returncode != 0, "a fit ends well: take out clean_up_without_removed_methods"
    assert "cleanup_callback.py" in done.stderr


def test_a_fit_ends_well_and_quietly_with_the_patches() -> None:
    done = python("import train.finetune.compat\n" + A_FIT)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['train_loss']"
    assert done.stderr == ""
