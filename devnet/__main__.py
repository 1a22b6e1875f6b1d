"""`python -m devnet`: the demo."""

import sys

from devnet.demo import main

sys.exit(main())
