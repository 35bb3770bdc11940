"""What operators need: manifests, rules, a dashboard, and the trial of the image."""
