"""Rules on the images that a build rests on."""
