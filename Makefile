# The whole interface for a person. CI calls `make test`; what a check asks is in `xtask`.
.DEFAULT_GOAL := help
.PHONY: help setup run test check fmt rust

# Arguments for the program: make run ARGS="migrate"
ARGS ?=

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 10

setup: rust ## what the rest needs: checks for cargo, finds or installs PostgreSQL's programs
	@scripts/pg-setup

run: setup ## build and start everything; ARGS="…" goes to the program
	cargo run --locked --bin chatme -- $(ARGS)

test: setup ## every check, as in CI
	@scripts/clients-setup
	cargo xtask ci

check: rust ## the quick checks: fmt, tidy, arrows, clippy
	cargo xtask check

fmt: rust ## format the code
	cargo fmt --all

rust:
	@command -v cargo >/dev/null 2>&1 || { echo "cargo is missing: install Rust from https://rustup.rs, then open a new shell" >&2; exit 1; }
