# `make` lists the targets. CI runs `make deps check` (.ci/run).

GO    ?= go
SHELL := /bin/bash
BIN   := bin/tengi
export GO
LINT  := $(GO) tool -modfile=tools.mod golangci-lint

# What the race detector looks at in `make check`: where goroutines meet. `make race` looks at everything.
CORE := ./connector/... ./engine/... ./hooks/... ./hub/... ./secret/... ./store/...

# Go stamps the commit into the binary, and fails where git refuses to look (a checkout owned by another user, as in some containers).
STAMP := $(shell git rev-parse HEAD >/dev/null 2>&1 && echo auto || echo false)

.DEFAULT_GOAL := help
.PHONY: help build assets run demo test race lint generate check deps bench crash connector fuzz clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

assets: ## make the pages' styles, scripts, fonts and icons from npm's packages (needs Node.js)
	$(GO) run ./tools/assets

build: assets ## build bin/tengi: one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=$(STAMP) -o $(BIN) ./cmd/tengi

run: build ## build and run the hub; options: make run ARGS='--listen :8080'
	$(BIN) serve $(ARGS)

demo: build ## build, do the main job against stand-ins, print its story; in a terminal the demo's pages stay open afterwards
	$(BIN) demo --once
	@if [ -t 1 ]; then $(BIN) demo; fi

test: assets ## run all tests and list what could not run
	@tools/test -timeout 30m ./...

race: assets ## run all tests under the race detector (needs a C compiler)
	@tools/test -timeout 60m -race ./...

lint: ## run golangci-lint; its first build takes some minutes
	$(LINT) run ./...

generate: ## write the generated files anew
	$(GO) generate ./...

check: ## all that CI asks: generate, lint, test, race; and no file may have changed
	@tools/unchanged save
	@$(MAKE) --no-print-directory generate
	@tools/unchanged compare "make generate"
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory test
	@tools/test -timeout 60m -race $(CORE)
	@tools/unchanged compare "the tests"
	@echo "check: all is well"

deps: ## install what tests need beside Go: PostgreSQL, Chromium, a C compiler (Debian, Ubuntu)
	@tools/deps

bench: ## measure against the bars, beside the floor of this machine
	$(GO) run ./tools/bench $(ARGS)

crash: ## kill the hub N times and count what was lost or doubled: make crash N=1000
	TENGI_CRASH_N=$(or $(N),1000) $(GO) test ./internal/crash -run '^TestCrash' -count=1 -timeout=0 -v

connector: ## begin a new connector: make connector NAME=x
	@test -n "$(NAME)" || { echo "say which: make connector NAME=x"; exit 2; }
	$(GO) run ./tools/connector $(NAME)

fuzz: ## run every fuzz test for a while: make fuzz TIME=1m
	@tools/fuzz $(or $(TIME),10s)

clean: ## remove what was built
	rm -rf bin
