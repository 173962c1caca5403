"""Other tools' published rules, each on the same traces."""

from benchmarks.accuracy.comparators import autotrainer, deepdiagnosis, sagemaker, torchmortem
from benchmarks.accuracy.comparators.tool import Tool

TOOLS: tuple[Tool, ...] = (
    sagemaker.TOOL, autotrainer.TOOL, deepdiagnosis.TOOL, deepdiagnosis.LOCALIZE, torchmortem.TOOL,
)  # fmt: skip
