"""Tiny configurations of Hugging Face's transformers."""

from collections.abc import Callable
from typing import Any

import transformers
from torch import Tensor, nn

from benchmarks.onnx.models import Model
from benchmarks.onnx.models.inputs import images, noise, tokens

_VOCAB = 64
_TEXT = {
    "vocab_size": _VOCAB,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 64,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "attention_dropout": 0.0,
    "use_cache": False,
}
_IMAGE = _TEXT | {"image_size": 32, "patch_size": 8, "num_labels": 4}
_GPT2 = {"vocab_size": _VOCAB, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64, "use_cache": False}
_NO_DROPOUT = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
_T5 = {
    "vocab_size": _VOCAB, "d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4, "dropout_rate": 0.0,
    "use_cache": False,
}  # fmt: skip
_BART = {
    "vocab_size": _VOCAB, "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "max_position_embeddings": 64,
    "dropout": 0.0, "attention_dropout": 0.0, "activation_dropout": 0.0, "encoder_layerdrop": 0.0,
    "decoder_layerdrop": 0.0, "use_cache": False,
}  # fmt: skip


class Logits(nn.Module):
    """A model of the library that takes one tensor and gives its first output."""

    def __init__(self, model: nn.Module, both: bool) -> None:
        super().__init__()
        self.model = model
        self.both = both

    def forward(self, x: Tensor) -> Tensor:
        """Both sides of an encoder and decoder take the same tokens."""
        result = self.model(x, decoder_input_ids=x) if self.both else self.model(x)
        logits: Tensor = result.logits
        return logits


def _of(kind: str, config: str, both: bool = False, **arguments: Any) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        settings = getattr(transformers, config)(**arguments)
        return Logits(getattr(transformers, kind)(settings), both)

    return make


def models() -> list[Model]:
    """Encoders, decoders, both, and what sees and hears."""
    words, pictures = tokens(12, _VOCAB), images(32)
    few = {"num_key_value_heads": 2, "head_dim": 8, "pad_token_id": 0}
    texts = {
        "bert": _of("BertForSequenceClassification", "BertConfig", **_TEXT),
        "roberta": _of("RobertaForSequenceClassification", "RobertaConfig", **_TEXT),
        "distilbert": _of(
            "DistilBertForSequenceClassification", "DistilBertConfig", vocab_size=_VOCAB, dim=32, n_layers=2,
            n_heads=4, hidden_dim=48, dropout=0.0, attention_dropout=0.0, seq_classif_dropout=0.0,
        ),
        "albert": _of(
            "AlbertForSequenceClassification", "AlbertConfig", embedding_size=16, classifier_dropout_prob=0.0, **_TEXT
        ),
        "electra": _of("ElectraForSequenceClassification", "ElectraConfig", embedding_size=16, **_TEXT),
        "gpt2": _of("GPT2LMHeadModel", "GPT2Config", **_GPT2, **_NO_DROPOUT),
        "gpt-neox": _of("GPTNeoXForCausalLM", "GPTNeoXConfig", **_TEXT),
        "opt": _of(
            "OPTForCausalLM", "OPTConfig", ffn_dim=48, dropout=0.0, word_embed_proj_dim=32, **_TEXT,
        ),
        "llama": _of("LlamaForCausalLM", "LlamaConfig", **_TEXT, **few),
        "mistral": _of("MistralForCausalLM", "MistralConfig", **_TEXT, **few),
        "qwen2": _of("Qwen2ForCausalLM", "Qwen2Config", **_TEXT, **few),
        "gemma": _of("GemmaForCausalLM", "GemmaConfig", **_TEXT, **few),
        "phi": _of("PhiForCausalLM", "PhiConfig", resid_pdrop=0.0, embd_pdrop=0.0, **_TEXT),
        "t5": _of("T5ForConditionalGeneration", "T5Config", both=True, **_T5),
        "bart": _of("BartForConditionalGeneration", "BartConfig", both=True, **_BART),
    }  # fmt: skip
    seen = {
        "vit": _of("ViTForImageClassification", "ViTConfig", **_IMAGE),
        "deit": _of("DeiTForImageClassification", "DeiTConfig", **_IMAGE),
        "beit": _of("BeitForImageClassification", "BeitConfig", drop_path_rate=0.0, **_IMAGE),
        "swin": _of(
            "SwinForImageClassification", "SwinConfig", image_size=32, patch_size=2, embed_dim=16, depths=[1, 1],
            num_heads=[2, 4], window_size=4, hidden_dropout_prob=0.0, drop_path_rate=0.0, num_labels=4,

        ),
        "convnext": _of(
            "ConvNextForImageClassification", "ConvNextConfig", depths=[1, 1, 1, 1], hidden_sizes=[8, 16, 24, 32],
            num_labels=4,
        ),
        "segformer": _of(
            "SegformerForSemanticSegmentation", "SegformerConfig", depths=[1, 1, 1, 1], hidden_sizes=[8, 16, 24, 32],
            num_attention_heads=[1, 2, 2, 4], decoder_hidden_size=16, num_labels=4, drop_path_rate=0.0,
            classifier_dropout_prob=0.0,
        ),
        "resnet": _of(
            "ResNetForImageClassification", "ResNetConfig", embedding_size=8, hidden_sizes=[16, 32], depths=[1, 1],
            num_labels=4,
        ),
    }  # fmt: skip
    heard = _of(
        "Wav2Vec2ForSequenceClassification", "Wav2Vec2Config", hidden_size=32, num_hidden_layers=2,
        num_attention_heads=4, intermediate_size=48, conv_dim=(16, 16), conv_stride=(5, 2), conv_kernel=(10, 3),
        num_feat_extract_layers=2, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2, hidden_dropout=0.0,
        attention_dropout=0.0, activation_dropout=0.0, feat_proj_dropout=0.0, final_dropout=0.0, layerdrop=0.0,
        mask_time_prob=0.0, apply_spec_augment=False,
    )  # fmt: skip
    return [
        *(Model("huggingface", name, make, words) for name, make in texts.items()),
        *(Model("huggingface", name, make, pictures) for name, make in seen.items()),
        Model("huggingface", "wav2vec2", heard, noise(800)),
    ]
