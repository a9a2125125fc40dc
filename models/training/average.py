"""The mean of two checkpoints' weights ("model soup", Wortsman et al. 2022): keeps what a longer training learned and forgets less of what the
first knew.

    python average.py FIRST SECOND OUT
"""

import shutil
import sys
from pathlib import Path

from safetensors.torch import load_file, save_file


def main(first, second, out):
    a, b = (load_file(f"{folder}/model.safetensors") for folder in (first, second))
    assert a.keys() == b.keys(), a.keys() ^ b.keys()
    Path(out).mkdir(parents=True, exist_ok=True)
    save_file({name: ((a[name].float() + b[name].float()) / 2).half() for name in a}, f"{out}/model.safetensors")
    shutil.copy(f"{second}/config.json", f"{out}/config.json")


if __name__ == "__main__":
    main(*sys.argv[1:])
