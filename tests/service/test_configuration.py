"""One file for all programs: each reads its sections, and nobody overlooks a misspelt one."""

import pytest

from prover.config import Settings
from sequencer.config import Configuration
from zkclear.service.configuration import SECTIONS, ConfigurationError, Section, load
from zkclear.service.sections import LogSettings


class Program(Section):
    log: LogSettings = LogSettings()


def test_every_section_of_every_program_is_known_to_the_others():
    read = {*Configuration.model_fields, *Settings.model_fields}
    assert read <= set(SECTIONS)
    assert len(set(SECTIONS)) == len(SECTIONS)


def test_the_file_is_read_then_the_environment_then_options(tmp_path, monkeypatch):
    path = tmp_path / "zkclear.toml"
    path.write_text('[log]\nlevel = "error"\n[gateway]\nlisten = "left to the sequencer"\n')
    assert load(Program, path).log.level == "error"
    monkeypatch.setenv("ZKCLEAR_LOG__LEVEL", "warning")
    monkeypatch.setenv("ZKCLEAR_KEEPER__ACCOUNT", "left to the keeper")
    assert load(Program, path).log.level == "warning"
    assert load(Program, path, ["log.level=debug"]).log.level == "debug"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[lgo]\n", "section [lgo] is unknown; did you mean log?"),
        ("[log]\nlevl = 1\n", "log.levl is unknown; did you mean level?"),
        ("[log]\nzzz = 1\n", "log.zzz is unknown; known are level, format"),
        ("log = 3\n", "log must be a section: [log]"),
    ],
)
def test_a_misspelt_name_is_told_with_the_nearest_known_one(tmp_path, text, sentence):
    path = tmp_path / "zkclear.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load(Program, path)
    assert str(caught.value) == sentence


def test_a_misspelt_variable_is_told_too(monkeypatch, tmp_path):
    monkeypatch.setenv("ZKCLEAR_LOGG__LEVEL", "info")
    with pytest.raises(ConfigurationError, match=r"section \[logg\] is unknown; did you mean log\?"):
        load(Program, None)
    monkeypatch.delenv("ZKCLEAR_LOGG__LEVEL")
    monkeypatch.setenv("ZKCLEAR_LOG__LEVEL", "info")
    path = tmp_path / "zkclear.toml"
    path.write_text("log = 3\n")
    with pytest.raises(ConfigurationError, match=r"log must be a section"):
        load(Program, path)


def test_every_fault_is_told_at_once(monkeypatch):
    with pytest.raises(ConfigurationError) as caught:
        load(Program, None, ["log.level=loud", "log.colour=true"])
    level, colour = str(caught.value).split("; ", 1)
    assert level.startswith("log.level: ")
    assert colour == "log.colour is unknown; known are level, format"
