# Run `make` to see what there is. Only Go and make are needed: the tools come
# as Go modules of their own, pinned in .tools/go.mod.

TOOL     = go tool -modfile=.tools/go.mod
SOURCES  = app checks cmd handlers
FUZZTIME ?= 10s

# Go sets CGO_ENABLED to 0 by itself if it finds no C compiler, and the race
# detector needs one. SQLite is C that was translated to Go, whose races are not
# ours to find: watching it would take a third of the tests' time.
RACE = $(shell [ "$$(go env CGO_ENABLED)" = 1 ] && echo "-race -gcflags=modernc.org/...=-race=false")

.DEFAULT_GOAL := help
.PHONY: help demo test test-postgres test-browser screenshots soak soak-postgres lint build bench fuzz picture payloads

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## watch a plugin's onboarding against a simulated GitHub (needs nothing else)
	@go run ./cmd/onboard demo

test: ## run all tests, with the race detector if there is a C compiler
	@[ -n "$(RACE)" ] || echo "No C compiler found: the tests run without the race detector (-race)."
	@if $(TOOL) gotestsum --version >/dev/null; then \
		$(TOOL) gotestsum --format=pkgname --format-hide-empty-pkg -- $(RACE) -timeout 25m ./...; \
	else \
		echo "gotestsum cannot be built (no network?): the tests run under plain go test."; \
		go test $(RACE) -timeout 25m ./...; \
	fi

# What of the App's own tests is about the record and the queue, for the time it takes.
POSTGRES_APP = Restored|Older|AuditLog|Import|Held|Replica|Pause|Recover|Accepts

test-postgres: ## run what the database matters to on a PostgreSQL of its own (needs its programs)
	bash .ci/postgres sh -c 'go test $(RACE) -timeout 10m ./app/store ./app/queue && go test $(RACE) -timeout 10m -run "$(POSTGRES_APP)" ./app'

test-browser: ## look at the pages with a real Chromium, which draws them below .screenshots
	@ONBOARD_SCREENSHOTS=$(CURDIR)/.screenshots \
	ONBOARD_TEST_BROWSER=$$(command -v chromium || command -v chromium-browser || command -v google-chrome || echo chromium) \
	go test -count 1 -timeout 10m -run Browser ./app/demo

screenshots: ## draw the README's pictures of the pages anew, from the demo (needs Chromium)
	@$(MAKE) --no-print-directory test-browser
	@cp .screenshots/board-light.png docs/board.png && cp .screenshots/plugin-light.png docs/plugin.png

SECONDS ?= 60
SOAK = SOAK_SECONDS=$(SECONDS) go test -count 1 -timeout 2h -run '^TestSoak$$' -v ./cmd/onboard

# SOAK_SEED repeats what a run did, SOAK_LOGS names a folder for logs and databases.
soak: ## play many onboardings while processes are killed and GitHub fails (SECONDS=60)
	@$(SOAK)

soak-postgres: ## the same with three replicas on a PostgreSQL of its own
	@bash .ci/postgres sh -c "$(SOAK)"

lint: ## check format, modules and code
	@unformatted=$$(gofmt -l $(SOURCES)) && if [ -n "$$unformatted" ]; then echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	go mod tidy -diff
	go vet ./...
	$(TOOL) golangci-lint run

build: ## build the program into bin/onboard
	CGO_ENABLED=0 go build -trimpath -o bin/onboard ./cmd/onboard

# docs/performance.md says how it is measured. MEASURE_ONLY='ingest|checks' measures
# parts of it, MEASURE_GROWTH=10000 goes on with more onboardings, for half an hour.
MEASURE = MEASURE=$(CURDIR)/bench.json MEASURE_BENCHMARKS=$(CURDIR)/bench.txt go test -count 1 -timeout 2h -run '^TestMeasure$$' -v ./cmd/onboard

bench: ## measure speed, memory and calls of GitHub: a table, and bench.json (5 minutes)
	@go test -run '^$$' -bench . -benchmem ./... >bench.txt || { cat bench.txt; exit 1; }
	@if command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then \
		DURABLE=1 bash .ci/postgres sh -c "$(MEASURE)"; \
	else \
		$(MEASURE); \
	fi

# Go may call the end of the time a failure of the target ("context deadline
# exceeded"). What a target really finds is in testdata then, and fails again.
fuzz: ## run every fuzz target for a while (FUZZTIME=10s each)
	@grep -rE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*\(' $(SOURCES) \
	| sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9_]*)\(.*|\1 \2|' \
	| while read -r folder target; do \
		echo "== $$target in $$folder"; \
		set -- go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x "./$$folder"; \
		"$$@" </dev/null || "$$@" </dev/null || exit 1; \
	done

payloads: ## take GitHub's example payloads and the browser tests' axe-core (needs npm)
	@mkdir -p .payloads/axe-core && cd .payloads && rm -rf package *.tgz \
	&& npm pack --silent @octokit/webhooks-examples@7.6.1 && tar -xzf ./*.tgz \
	&& cd axe-core && rm -rf package *.tgz && npm pack --silent axe-core@4.10.3 && tar -xzf ./*.tgz

picture: ## draw the README's picture anew, from the demo
	@go run ./cmd/onboard demo --once --picture docs/demo.svg
