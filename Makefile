# make alone lists what there is. .ci/run is all of it, as CI does it.

.DEFAULT_GOAL := help
.PHONY: help test race lint vuln cross api guarantees storm ci

ROUNDS ?= 20

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: ## all tests of the library, the examples and the tickets
	go test work

race: ## the same under the race detector
	.ci/run race

lint: ## the linter on every module, and the proof that its walls hold
	.ci/run lint confinement

vuln: ## known vulnerabilities in what every module calls
	.ci/run vuln

cross: ## build and vet for the other systems and processors
	.ci/run cross

api: ## compare the public API with the contract beside the project
	.ci/run api

guarantees: ## each promise in docs/guarantees.md has a test that exists
	go test -count=1 ./internal/guarantees

storm: ## the library's tests ROUNDS times over under the race detector
	go test -race -count=$(ROUNDS) -timeout=0 ./...

ci: ## all that CI runs, or its steps by name: .ci/run lint vuln
	.ci/run
