"""What the page says of how it was measured, and what happened in which order."""

from benchmarks.accuracy.labels import FIX_LEAST, HEALTHY_FROM, SICK_BELOW

METHOD = f"""\
## How it is measured

Every configuration of the corpus and its textbook fix are trained over three seeds for the same number of steps. Skill
is 1 - loss / loss of the best constant prediction, with the loss of the last tenth of the steps and the median over
seeds; where a fix changes the loss itself, accuracies are compared instead (0 is the most frequent class), and for
adversarial training the energy distance of the generator's samples.

- **sick**: less than {SICK_BELOW:g} of the fix's skill, or non-finite in most seeds;
- **healthy**: at least {HEALTHY_FROM:g} of it, and finite in every seed;
- **borderline**: between them; counted in neither precision nor recall;
- **unlabelled**: the fix itself reaches a skill below {FIX_LEAST:g}.

No detector has a say in a label. A mechanism counts as the cause of a sick configuration because the fix, which takes
it away, heals it. Programs (data, layers, optimiser) stand in one part only: rules are tuned on `tune`; `held-out` is
opened once per release. *Flagged* means a warning or an error; *found* the same on a sick network. A rule is right
where the network is sick and the rule is the mechanism, another name of the same root or a known consequence of it (the
lists stand in `corpus/faults.py`); it is recalled where the mechanism's own rule is a finding or a symptom that a
finding explains. The cause is right where the leading finding names the root; *exactly* leaves out other names of the
same root. Brackets are Wilson's 95 % intervals.
"""

ORDER = """\
## What happened in which order

1. Rules 2026.11 were tuned on one half of the corpus, and the other half was opened for them: 205 configurations,
   vanishing .99 and .94 (precision and recall), exploding .95 and 1.00, one of 87 healthy networks flagged, the cause
   right in 102 of 108. An opened part is spent; its programs stand in `tune` since.
2. For rules 2026.12 new configurations were written (`corpus/unseen`): programs, that is data, layers and optimiser,
   that stood nowhere in the corpus. `split.json` was committed with them, and they were trained and labelled by their
   outcome. Two lists of names for a root were corrected on both sides, as what had been expected did not follow the
   rule book's own words: Adam's eps in fp16 is `update-below-precision`, and Softsign at depth, whose slope is one at
   zero, may be called small weights as tanh may. No rule had been asked about any of the new configurations.
3. Rules were changed in view of `tune` alone, got their version, and were committed.
4. `held-out` was judged, once, and is shown here. No judgement was changed after it; one sentence was (what
   `dead-units` says of a dropout of everything).

Who wrote the rules also wrote both parts. Programs of `held-out` are new; kinds of fault are not, so the figures
say how rules carry over to other networks, and not what they make of a fault that nobody thought of. Most
configurations are small enough to be trained on one core within seconds.
"""
