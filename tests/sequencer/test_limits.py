"""Rates and configuration."""

import pytest

from sequencer.config import load_configuration
from sequencer.core.refusals import Refused
from sequencer.gateway.limits import RateLimits
from zkclear.service.configuration import ConfigurationError

REQUIRED = ("chain.contract=0x" + "11" * 20, "sequencer.key_file=key")


def test_a_signer_spends_its_burst_and_then_waits():
    rates = RateLimits(per_second=10, burst=3)
    for _ in range(3):
        rates.spend(1, now_us=0)
    with pytest.raises(Refused) as caught:
        rates.spend(1, now_us=0)
    assert (caught.value.reason, caught.value.metadata["reset_time_us"]) == ("RATE_LIMITED", "100000")
    rates.spend(2, now_us=0)
    with pytest.raises(Refused):
        rates.spend(1, now_us=99_999)
    rates.spend(1, now_us=100_000)


def test_a_bucket_never_holds_more_than_its_burst():
    rates = RateLimits(per_second=10, burst=2)
    rates.spend(1, now_us=0)
    for _ in range(2):
        rates.spend(1, now_us=10**9)
    with pytest.raises(Refused):
        rates.spend(1, now_us=10**9)


def test_an_option_wins_over_the_environment_and_that_over_the_file(tmp_path, monkeypatch):
    path = tmp_path / "zkclear.toml"
    path.write_text("[batching]\nmax_age_ms = 100\n[matching]\nprice_band_ppm = 5\n[prover]\nlisten = 'x'\n")
    assert load_configuration(path, REQUIRED).batching.max_age_ms == 100
    monkeypatch.setenv("ZKCLEAR_BATCHING__MAX_AGE_MS", "200")
    monkeypatch.setenv("ZKCLEAR_PROVER__LISTEN", "left to the prover")
    assert load_configuration(path, REQUIRED).batching.max_age_ms == 200
    found = load_configuration(path, [*REQUIRED, "batching.max_age_ms=300"])
    assert (found.batching.max_age_ms, found.matching.price_band_ppm) == (300, 5)
    assert found.batching.max_shape == "medium"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["batching.max_agems=1"], "batching.max_agems is unknown; did you mean max_age_ms?"),
        (["batch.max_age_ms=1"], "section [batch] is unknown; did you mean batching?"),
        (["batching.max_age_ms=soon"], "batching.max_age_ms"),
        (["nonsense"], "write section.key=value"),
        (["tls.cert_file=a"], "tls.cert_file and tls.key_file belong together"),
        (["gateway.internal_listen=0.0.0.0:1"], "give tls.cert_file, tls.key_file and tls.ca_file"),
        (["chain.finality=-1"], "chain.finality"),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(options, sentence):
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(None, [*REQUIRED, *options])
    assert sentence in str(caught.value)
