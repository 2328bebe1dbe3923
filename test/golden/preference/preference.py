"""Losses over pairs and their gradients from TRL's own code, on made-up log-probabilities.

python test/golden/preference/preference.py > test/golden/preference/losses.json
"""

import json
from types import SimpleNamespace

import torch
import torch.nn.functional as F
import trl
from trl.experimental.cpo.cpo_trainer import CPOTrainer
from trl.experimental.orpo.orpo_trainer import ORPOTrainer
from trl.trainer.dpo_trainer import DPOTrainer

torch.manual_seed(1)
pairs, steps = 6, 9
lengths = torch.tensor([3, 8, 5, 1, 6, 4, 7, 2, 5, 8, 1, 3])  # chosen, then rejected
mask = (torch.arange(steps)[None, :] >= 1) & (torch.arange(steps)[None, :] <= lengths[:, None])
policy = -torch.rand(2 * pairs, steps - 1, dtype=torch.float64) * 2 * mask[:, 1:]
reference = -torch.rand(2 * pairs, steps - 1, dtype=torch.float64) * 2 * mask[:, 1:]


class Accelerator:
    device = "cpu"

    def gather_for_metrics(self, value):
        return value

    gather = gather_for_metrics


def dpo(kind, beta, smoothing):
    given = policy.clone().requires_grad_(True)

    def model(**_):
        nothing = torch.zeros(2 * pairs, steps - 1)
        return SimpleNamespace(log_probs=given, entropy=nothing, mean_logits=nothing, is_top1=nothing.bool())

    trainer = SimpleNamespace(
        model=SimpleNamespace(training=False),
        accelerator=Accelerator(),
        aux_loss_enabled=False,
        ld_alpha=None,
        precompute_ref_logps=True,
        f_divergence_type="reverse_kl",
        loss_types=[kind],
        loss_weights=[1.0],
        beta=beta,
        label_smoothing=smoothing,
        use_weighting=False,
        _metrics={"eval": __import__("collections").defaultdict(list)},
        _total_train_tokens=0,
        _tp_size=1,
        args=SimpleNamespace(gradient_checkpointing_kwargs=None),
    )
    ref = reference.sum(dim=1)
    inputs = {
        "input_ids": torch.zeros(2 * pairs, steps, dtype=torch.long),
        "attention_mask": torch.ones(2 * pairs, steps, dtype=torch.long),
        "completion_mask": mask.long(),
        "ref_chosen_logps": ref[:pairs],
        "ref_rejected_logps": ref[pairs:],
    }
    loss = DPOTrainer._compute_loss(trainer, model, inputs, False)
    loss.backward()
    return loss.item(), (given.grad * mask[:, 1:]).sum(dim=1) / lengths


def over_means(function):
    """TRL hands CPO's and ORPO's losses means per token."""
    sums = policy.sum(dim=1).clone().requires_grad_(True)
    means = sums / lengths
    loss = function(means[:pairs], means[pairs:])
    loss.backward()
    return loss.item(), sums.grad


def simpo(beta, gamma_over_beta):
    self = SimpleNamespace(
        alpha=0.0, accelerator=Accelerator(), loss_type="simpo", simpo_gamma=gamma_over_beta * beta, beta=beta, label_smoothing=0.0
    )
    return over_means(lambda chosen, rejected: CPOTrainer.cpo_loss(self, chosen, rejected)[0].mean())


def orpo(beta):
    self = SimpleNamespace(beta=beta, accelerator=Accelerator())
    # odds_ratio_loss gives what is subtracted from the likelihood's loss, in single precision.
    return over_means(lambda chosen, rejected: -ORPOTrainer.odds_ratio_loss(self, chosen, rejected)[0].mean())


def row(name, options, result):
    loss, gradient = result
    return {"loss": name, "options": options, "value": loss, "gradient": [g for g in gradient.tolist()]}


rows = [
    row("sigmoid", {"beta": 0.1}, dpo("sigmoid", 0.1, 0.0)),
    row("sigmoid", {"beta": 2.0}, dpo("sigmoid", 2.0, 0.0)),
    row("hinge", {"beta": 0.3}, dpo("hinge", 0.3, 0.0)),
    row("ipo", {"beta": 0.2}, dpo("ipo", 0.2, 0.0)),
    row("simpo", {"beta": 2.0, "gammaOverBeta": 0.5}, simpo(2.0, 0.5)),
    row("orpo", {"beta": 0.1}, orpo(0.1)),
]
# TRL dropped label smoothing from its sigmoid loss but keeps it in CPO's, which is the same formula without a reference.
smooth = SimpleNamespace(alpha=0.0, accelerator=Accelerator(), loss_type="sigmoid", beta=0.5, label_smoothing=0.2)
sums = policy.sum(dim=1).clone().requires_grad_(True)
ref = reference.sum(dim=1)
value = CPOTrainer.cpo_loss(smooth, sums[:pairs] - ref[:pairs], sums[pairs:] - ref[pairs:])[0].mean()
value.backward()
rows.append(row("sigmoid", {"beta": 0.5, "labelSmoothing": 0.2}, (value.item(), sums.grad)))
print(
    json.dumps(
        {
            "peer": f"trl {trl.__version__}, torch {torch.__version__.split('+')[0]}",
            "command": "python test/golden/preference/preference.py",
            "lengths": lengths.tolist(),
            "policy": policy.sum(dim=1).tolist(),
            "reference": reference.sum(dim=1).tolist(),
            "rows": rows,
        }
    )
)
