# zkclear. `make` prints the targets; `make test` and `make demo` are all that a visitor needs.
# Every tool that is used lives in this checkout: tools/bootstrap.py puts it there, this PATH finds it.

PYTHON ?= python3
ROOT := $(CURDIR)

export PATH := $(ROOT)/.venv/bin:$(ROOT)/contracts/node_modules/.bin:$(ROOT)/build/bin:$(PATH)
export VIRTUAL_ENV := $(ROOT)/.venv
export UV_PROJECT_ENVIRONMENT := $(ROOT)/.venv
export UV_PYTHON_DOWNLOADS := never
export GOTOOLCHAIN := local
export GOFLAGS := -buildvcs=false

RUN := $(ROOT)/.venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup generate build keys lint test flow attack vectors stats fuzz bench demo verify check clean

help: ## print this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

setup: ## fetch every tool and library into this folder (skipped while nothing changed)
	@$(PYTHON) tools/bootstrap.py

generate: setup ## write stubs and errors from proto/
	$(RUN) tools/generate_errors.py
	$(RUN) tools/generate.py

build: setup ## compile contracts and the Go binary
	@echo "build: contracts and zkclear-circuits (the first time takes a minute)"
	@cd contracts && forge build --quiet
	@cd circuits && go build -trimpath -o $(ROOT)/build/bin/zkclear-circuits ./cmd/zkclear-circuits

keys: build ## make the development keys, cached per circuit hash
	zkclear-circuits keys

lint: setup ## check style and types in every language
	ruff check .
	ruff format --check .
	mypy
	cd circuits && test -z "$$(gofmt -l . | tee /dev/stderr)" && go vet ./...
	cd contracts && forge fmt --check
	mkdir -p build && $(RUN) tools/generate.py --image build/proto.binpb && buf lint build/proto.binpb --config proto/buf.yaml

test: build ## what a clean checkout must pass: all languages, shape tiny, one flow with real proofs
	@$(RUN) tools/run_tests.py

flow: build ## every order-to-audit flow on a local chain, with real proofs
	$(RUN) -m pytest -m flow

attack: build ## forged batches, replays, withheld queue
	$(RUN) -m pytest -m attack

vectors: setup ## write tests/vectors from the rules
	$(RUN) tests/vectors/generate.py

stats: build ## compare constraints and gas with the golden files
	cd circuits && go test -count=1 -run Stats ./...
	cd contracts && FORGE_SNAPSHOT_CHECK=true forge test

fuzz: build ## look longer for counterexamples in every language
	$(RUN) -m pytest -m "not flow" --hypothesis-profile=long
	cd circuits && go test -count=1 -timeout 12h ./batch -run 'Wires|Nullity' -long
	cd contracts && FOUNDRY_PROFILE=long forge test

bench: build ## measure speed; ARGS="--shapes tiny,small" for less
	@$(RUN) -m tools.bench $(ARGS)

demo: build ## the README's story on a local chain
	@$(RUN) -m devnet

verify: setup ## audit a chain; ARGS="--rpc URL --contract 0x.."
	zkclear verify $(ARGS)

check: generate vectors ## generated files and vectors leave no diff; then lint and test
	git diff --exit-code
	$(MAKE) lint
	$(MAKE) test

clean: ## remove what was built here (not the downloaded tools)
	rm -rf build contracts/out contracts/cache contracts/broadcast .pytest_cache .mypy_cache .ruff_cache .hypothesis
