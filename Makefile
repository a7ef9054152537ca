# make alone lists what there is. .ci/run is all of it, as CI does it.

.DEFAULT_GOAL := help
.PHONY: help test race lint vuln cross api guarantees storm explore bench vm ci

TIME ?= 5m
SEED ?= 0

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

storm: ## kill and stop processes at random for TIME (default 5m); SEED repeats one
	go test -count=1 -v -timeout=0 -run Storm ./ipc -storm $(TIME) -storm.seed $(SEED)

explore: ## all interleavings, deaths and stops of the shared objects' cases, to their full bounds
	go test -tags explore -count=1 -v -timeout=0 ./internal/explore -deep

bench: ## measure beside the peers, and write the tables into bench/README.md
	cd bench && GOWORK=off go run . -into README.md

vm: ## the tests of cgroups and of an older kernel, in a virtual machine; takes root
	.ci/run vm

ci: ## all that CI runs, or its steps by name: .ci/run lint vuln
	.ci/run
