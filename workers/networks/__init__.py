"""From a submission and its plan to modules of torch: built, initialised, and run layer by layer."""
