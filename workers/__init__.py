"""What touches a tensor: the hands of Gradient Clinic."""
