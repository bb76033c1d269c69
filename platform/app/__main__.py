"""``python -m app`` is ``quire``."""

from app.cli import main

if __name__ == "__main__":
    main()
