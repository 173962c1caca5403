from workers.probes.schedule import probed


def test_three_hundred_steps_are_probed_eleven_times_and_the_last_is_one_of_them():
    steps = [step for step in range(300) if probed(step, 300)]
    assert steps == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 299]


def test_a_run_of_one_step_is_probed_once():
    assert [step for step in range(1) if probed(step, 1)] == [0]
