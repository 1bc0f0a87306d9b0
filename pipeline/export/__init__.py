"""Records into the tools people use, and corrected annotations back. `pipeline.export.writing.export` is the way in."""
