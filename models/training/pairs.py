"""Texts as token ids on the device, and batches of (query, passage) made of them there."""

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

CLS, SEP = 101, 102
# As src/model/cross_encoder.rs cuts: the query to 48 pieces, the passage to what room is left of 160.
MAX_TOKENS, QUERY_TOKENS = 160, 48


def tokenizer(vocabulary):
    """all-MiniLM-L6-v2's, without special tokens."""
    made = Tokenizer(WordPiece({token: i for i, token in enumerate(vocabulary)}, unk_token="[UNK]", max_input_chars_per_word=100))
    made.normalizer, made.pre_tokenizer = BertNormalizer(lowercase=True), BertPreTokenizer()
    return made


class Texts:
    """Distinct texts, tokenized once: `ids` int16[texts, width] and `lengths` int64[texts] on the device."""

    def __init__(self, width):
        self.width, self.number, self.strings = width, {}, []

    def add(self, text):
        """The text's number."""
        if text not in self.number:
            self.number[text] = len(self.strings)
            self.strings.append(text)
        return self.number[text]

    def tokenize(self, tokenizer, device):
        rows = torch.zeros(len(self.strings), self.width, dtype=torch.int16)
        lengths = torch.zeros(len(self.strings), dtype=torch.long)
        for i, encoded in enumerate(tokenizer.encode_batch(self.strings, add_special_tokens=False)):
            ids = encoded.ids[: self.width]
            rows[i, : len(ids)], lengths[i] = torch.tensor(ids, dtype=torch.int16), len(ids)
        self.ids, self.lengths = rows.to(device), lengths.to(device)


def single(texts, numbers, limit):
    """`[CLS] text [SEP]`: model inputs for `texts[numbers]`, as wide as the longest of them, at most `limit`."""
    lengths = texts.lengths[numbers].clamp(max=limit - 2)[:, None]
    at = torch.arange(int(lengths.max()) + 2, device=numbers.device)[None]
    ids = texts.ids[numbers].long().gather(1, (at - 1).clamp(0, texts.width - 1).expand(len(numbers), -1))
    ids = torch.where(at == 0, CLS, torch.where(at <= lengths, ids, torch.where(at == lengths + 1, SEP, 0)))
    return {"input_ids": ids, "attention_mask": (at <= lengths + 1).long()}


def pairs(queries, query_numbers, passages, passage_numbers):
    """`[CLS] query [SEP] passage [SEP]`: model inputs for pairs of these numbers."""
    q = queries.lengths[query_numbers].clamp(max=QUERY_TOKENS)[:, None]
    p = torch.minimum(passages.lengths[passage_numbers][:, None], MAX_TOKENS - 3 - q)
    at = torch.arange(int((q + p).max()) + 3, device=q.device)[None]
    rows = len(query_numbers)
    query = queries.ids[query_numbers].long().gather(1, (at - 1).clamp(0, queries.width - 1).expand(rows, -1))
    passage = passages.ids[passage_numbers].long().gather(1, (at - q - 2).clamp(0, passages.width - 1))
    ids = torch.where(at == 0, CLS, torch.where(at <= q, query, torch.where(at == q + 1, SEP, passage)))
    ids = torch.where(at < q + 2 + p, ids, torch.where(at == q + 2 + p, SEP, 0))
    return {"input_ids": ids, "token_type_ids": ((at > q + 1) & (at <= q + 2 + p)).long(), "attention_mask": (at <= q + 2 + p).long()}
