"""onnxruntime for benches/passages.rs: embeds the same token ids whenever it is asked to.

    python passages.py MODEL.onnx THREADS BATCH < questions > answers

The first line of stdin is a JSON array of sequences of token ids, all of one length. Then for each line `time`: embeds all of
them and answers the milliseconds that onnxruntime took, as JSON; `embed`: answers the embeddings, mean-pooled and normalised.
"""

import json
import sys
import time

import numpy as np
import onnxruntime


def main():
    path, threads, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    ids = np.array(json.loads(sys.stdin.readline()), dtype=np.int64)
    feeds = [
        {"input_ids": part, "attention_mask": np.ones_like(part), "token_type_ids": np.zeros_like(part)}
        for part in np.split(ids, range(batch, len(ids), batch))
    ]
    for line in sys.stdin:
        start = time.perf_counter()
        hidden = [session.run(["last_hidden_state"], feed)[0] for feed in feeds]
        answer = (time.perf_counter() - start) * 1e3
        if line.strip() == "embed":
            mean = np.concatenate(hidden).mean(axis=1)
            answer = (mean / np.linalg.norm(mean, axis=1, keepdims=True)).tolist()
        print(json.dumps(answer), flush=True)


main()
