"""The judgement: a pure function of evidence, in milliseconds, without torch, SQL or settings."""
