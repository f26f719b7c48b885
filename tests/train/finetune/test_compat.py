"""The patches for quaterion: each one is still needed, and still enough.

A failure here after an update means: a release has made a patch unnecessary (take it out of
`train/finetune/compat.py`, and its test with it), or has broken it.
"""

import inspect
import json
import subprocess
import sys

import train.finetune.compat  # noqa: F401

from quaterion.train.cache_mixin import CacheMixin  # isort: skip

import pytest

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


# Each piece of code with what it raises, if anything: starting Python for each would take long.
TRY = """
import json, sys, traceback
def tried(code):
    try:
        return exec(code, {})
    except BaseException:
        return traceback.format_exc()
raised = [tried(code) for code in json.load(sys.stdin)]
print(json.dumps(raised))
"""
STAGE = """
from quaterion.utils.enums import TrainStage
assert f"{TrainStage.TRAIN}" != "train", "written as text"
"""


@pytest.fixture(scope="module")
def unpatched() -> list[str | None]:
    """What the import, the text of a stage and a fit raise without the patches after them."""
    pieces = ["import quaterion", BEFORE + STAGE, BEFORE + A_FIT]
    done = subprocess.run(
        [sys.executable, "-c", TRY], input=json.dumps(pieces), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    raised: list[str | None] = json.loads(done.stdout.splitlines()[-1])
    return raised


def test_quaterion_cannot_be_imported_as_it_is(unpatched: list[str | None]) -> None:
    raised = unpatched[0]
    assert raised is not None, "quaterion imports by itself: take out rename_type_variable"
    assert "T_co" in raised


def test_stages_are_not_written_as_text_without_the_patch(unpatched: list[str | None]) -> None:
    assert unpatched[1] is None, f"take out format_stages_as_text: {unpatched[1]}"


def test_a_fit_does_not_end_well_without_the_patch(unpatched: list[str | None]) -> None:
    raised = unpatched[2]
    assert raised is not None, "a fit ends well: take out clean_up_without_removed_methods"
    assert "cleanup_callback.py" in raised


def test_quaterion_fills_its_cache_by_the_method_that_ours_takes_the_place_of() -> None:
    called = "cls._fill_cache(" in inspect.getsource(CacheMixin)

    assert called, "override in train.finetune.model what is called instead"


def test_a_fit_ends_well_and_quietly_with_the_patches() -> None:
    code = "import train.finetune.compat\n" + A_FIT
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['train_loss']"
    assert done.stderr == ""
