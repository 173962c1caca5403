"""`python -m workers`: one worker, set up by the environment."""

import sys

from workers.app import main

if __name__ == "__main__":
    sys.exit(main())
