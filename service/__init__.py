"""What can be said, remembered, judged or asked for: the mind of Gradient Clinic, without torch."""
