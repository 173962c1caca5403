"""Precision and recall of the rule book on a corpus labelled by outcome, beside other tools' rules.

    python benchmarks/accuracy.py [--part tune] [--held-out] [--quick] [--rejudge] [--write] [--jobs N]

Traces are kept under .gradclinic/corpus by the digest of what they are of; a killed run goes on where it was, and
changed rules are judged again (`--rejudge`) in seconds. Rules may be tuned on the tune part alone.
"""

import sys
from pathlib import Path

# In place of the script's own folder, in which a package `onnx` stands.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.accuracy.command import main

if __name__ == "__main__":
    sys.exit(main())
