"""`python -m service.cli VERB`, the same as the gradclinic command."""

import sys

from service.cli import main

sys.exit(main())
