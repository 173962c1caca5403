"""What the remedies are worth: every sick network of two corpora, its race, and fresh seeds afterwards.

    python benchmarks/remedies.py [--parts known unseen] [--sources clinic autotrainer] [--report] [--write]

Runs are kept under .gradclinic/trials by the digest of what they are of, and so is every finished race: a killed
benchmark goes on where it was, and `--report` makes the page of whatever is done. What says which networks are sick is
trained first, where it is not on disk.
"""

import sys
from pathlib import Path

# In place of the script's own folder, in which a package `onnx` stands.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.remedies.command import main

if __name__ == "__main__":
    sys.exit(main())
