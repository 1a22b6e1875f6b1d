"""How hard Hypothesis looks: repeatable and without deadlines in `make test`, long and random in `make fuzz`."""

from hypothesis import settings

settings.register_profile("quick", deadline=None, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=20_000)
settings.load_profile("quick")
