"""What quaterion 0.1.35 (2023) needs to run on today's PyTorch, Python and Lightning.

Importing this module mends it; every module of `train` that imports quaterion imports this one
first. `tests/train/finetune/test_compat.py` runs quaterion without each of the patches, and fails
as soon as one is needed no more (take it out) or helps no more.

Two more faults are avoided rather than mended: `CacheMixin._fill_cache` (a `None` among the loaders
it has Lightning predict on) is overridden in `train.finetune.model`, and
`MultipleNegativesRankingLoss.get_config_dict` (calls itself for ever) in `train.finetune.losses`.
"""

import logging
import warnings


def rename_type_variable() -> None:
    """Give `T_co` back to the modules quaterion imports it from.

    PyTorch 2.5 renamed the type variable to `_T_co`. Can go when quaterion no longer imports it.
    """
    from torch.utils.data import dataloader, dataset

    for module in (dataset, dataloader):
        if not hasattr(module, "T_co"):
            module.T_co = module._T_co  # type: ignore[attr-defined]


def format_stages_as_text() -> None:
    """Make `f"{TrainStage.TRAIN}"` give "train" again, as up to Python 3.10.

    Quaterion names what it logs that way: "train_loss" would be "TrainStage.TRAIN_loss". Can go
    when quaterion makes the class a `StrEnum`.
    """
    from quaterion.utils.enums import TrainStage

    TrainStage.__str__ = str.__str__
    TrainStage.__format__ = str.__format__


def clean_up_without_removed_methods() -> None:
    """Replace what happens after a fit, which calls a method Lightning 2 has removed.

    The original unwraps the cached encoders and gives the loaders collate functions of the bare
    encoders, so that they can be used again. Can go when quaterion supports Lightning 2.
    """
    import pytorch_lightning as pl
    from quaterion.train.callbacks import CleanupCallback
    from quaterion.train.trainable_model import TrainableModel

    def teardown(
        self: object, trainer: pl.Trainer, pl_module: TrainableModel, stage: str | None = None
    ) -> None:
        if stage != "fit":
            return
        pl_module.unwrap_cache()
        loaders = [trainer.train_dataloader, trainer.val_dataloaders]
        for loader in loaders:
            if loader is not None:
                loader.collate_fn = loader.pre_collate_fn
                pl_module.setup_dataloader(loader)

    CleanupCallback.teardown = teardown


def be_quiet() -> None:
    """Keep the libraries' tips and debug lines off our output; no patch, and here to stay."""
    from loguru import logger

    logger.disable("quaterion")
    for name in ("pytorch_lightning", "lightning", "lightning_fabric", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"(pytorch_lightning|lightning_fabric)\b")


rename_type_variable()
format_stages_as_text()
clean_up_without_removed_methods()
be_quiet()
