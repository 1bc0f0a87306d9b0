"""Records into the tools people use, and corrected annotations back. `gongbao.export.writing.export` is the way in."""
