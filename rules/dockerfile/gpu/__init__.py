"""Rules on images that compute on GPUs."""
