import pytest

from service.schemas.statistics import LAYER_STATISTICS, NETWORK_STATISTICS
from workers.probes.probe import Probe, by_moment, families, probe


def test_every_statistic_is_measured_by_exactly_one_family():
    measured = [name for family in families() for name in family.statistics]
    assert sorted(measured) == sorted({*LAYER_STATISTICS, *NETWORK_STATISTICS})


def test_a_second_family_for_a_statistic_is_refused():
    class Twice(Probe):
        statistics = ("activation_rms",)

    with pytest.raises(ValueError, match="activation_rms is already measured by Activations"):
        probe(Twice)


def test_only_probes_that_look_at_a_moment_are_called_at_it():
    class Quiet(Probe):
        statistics = ()

    class Curious(Quiet):
        def output(self, step, site, values):
            pass

    quiet, curious = Quiet(scene=None), Curious(scene=None)
    looking = by_moment([quiet, curious])
    assert looking["output"] == [curious]
    assert looking["weights_before"] == []
