# `make` lists the tasks. PYTHON names the interpreter the virtual environment is made from.
PYTHON ?= python3
PY := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run demo reset test check fix unit contract nodes e2e browser canvas golden catalog api docs bench bench-canvas chaos parity screenshots templates images test-containers package lint-aws locks prepare prepare-dev clean deploy destroy leakbench redrive graphs cost conformance test-localstack second-opinion

help:  ## List the tasks
	@grep -hE '^[a-z0-9 -]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F '\t' '{gsub(/ /, "|", $$1); printf "  make %-15s  %s\n", $$1, $$2}'

prepare:
	@$(PYTHON) infra/prepare.py run

prepare-dev:
	@$(PYTHON) infra/prepare.py dev

run: prepare  ## Set up, start the embedded cloud and the canvas (ARGS="--port 5000 --no-open"; DOCKER=1 for real containers)
	@$(if $(DOCKER),$(PY) -m infra.images $(IMAGES) >/dev/null)
	@$(PY) -m infra.local up $(if $(DOCKER),--docker) $(ARGS)

demo: prepare  ## Titanic from the terminal: run, register, deploy, predict
	@$(PY) -m infra.local demo $(ARGS)

test: check canvas  ## Everything: lint, types, unit, contract, nodes, conformance, e2e, browser (CONTAINERS=1: the container stage, too)
	@$(PY) -m pytest tests/unit tests/nodes tests/contract tests/conformance tests/e2e tests/browser $(if $(CONTAINERS),tests/containers)

check: prepare-dev  ## Lint, types, import contracts
	@$(PY) -m ruff check -q .
	@$(PY) -m ruff format -q --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-logo

fix: prepare-dev  ## Let the linter and the formatter mend what they can
	@$(PY) -m ruff check -q --fix .
	@$(PY) -m ruff format -q .

unit contract nodes e2e browser: prepare-dev  ## One kind of test
	@$(PY) -m pytest tests/$@

canvas: prepare-dev  ## Lint, types and unit tests of the canvas
	@cd frontend && npm run --silent check

golden: prepare-dev  ## Rewrite the golden state machines
	@GOLDEN=write $(PY) -m pytest -q tests/contract/test_golden.py

catalog: prepare-dev  ## Generate chalicelib/catalog.json, docs/nodes.md and docs/charts.md from the nodes
	@$(PY) -m node_containers.catalog --write --docs

api: prepare-dev  ## Generate chalicelib/openapi.json, docs/api.md and the canvas's types
	@$(PY) -m chalicelib.api.routes --write
	@$(PY) -m infra.reference
	@cd frontend && npm run --silent api

docs: prepare-dev  ## Build these docs as a site in docs/_build
	@$(PY) -m infra.site

bench: prepare-dev  ## Measure against the plain script; writes docs/benchmarks.md
	@$(PY) -m infra.bench $(ARGS)

bench-canvas: prepare-dev  ## Measure the canvas in a real browser: frames, status changes, time until it can be used
	@$(PY) -m infra.canvas $(ARGS)

leakbench: prepare-dev  ## Prove that noise stays noise: eight classic leaks, drawn in the worst order; writes docs/leakbench.md
	@$(PY) -m infra.leakbench $(ARGS)

chaos: prepare-dev  ## Prove survival: runs and writes under kill -9, runs over a bad line (ARGS="--help")
	@$(PY) -m infra.chaos $(ARGS)

screenshots: prepare-dev  ## Take the pictures of docs/images anew: the five-minute path, light and dark
	@FLOWZA_SCREENSHOTS=write $(PY) -m pytest -q tests/browser/test_five_minutes.py

templates: prepare-dev  ## Run every template and write the figures it reaches into docs/templates.md
	@TEMPLATES=write $(PY) -m pytest -q tests/e2e/test_templates.py

parity: prepare-dev  ## Same numbers everywhere: stored = served = a plain script, every model × seven datasets (ARGS="--dataset iris")
	@$(PY) -m tests.nodes.parity $(ARGS)

images: prepare  ## Build the container images with the engine at DOCKER_HOST, print their sizes (IMAGES="--base …")
	@$(PY) -m infra.images $(IMAGES)

test-containers: prepare-dev  ## Real images in a Docker daemon of their own: needs root on Debian, installs docker.io and debootstrap
	@$(PY) -m pytest tests/containers

cost: prepare-dev  ## What a deployment costs while nobody uses it, and how large its policies are, from the template; writes docs/cost.md and docs/deploy.md
	@$(PY) -m infra.idle --write
	@$(PY) -m infra.lint.policies --write >/dev/null

package: cost  ## Merged, lint-clean CloudFormation template and zip in dist/aws
	@$(PY) -m infra.package

deploy: prepare-dev  ## Flowza on AWS, from images to smoke test (STAGE=dev; ARGS="--help" lists the choices)
	@$(PY) -m infra.deploy up --stage "$(STAGE)" $(ARGS)

destroy: prepare-dev  ## Remove a stage; its data stays unless DATA=delete (STAGE=dev)
	@$(PY) -m infra.deploy down --stage "$(STAGE)" --data "$(or $(DATA),keep)" $(ARGS)

redrive: prepare-dev  ## Try the dead letters of a stage again (STAGE=dev)
	@$(PY) -m infra.deploy redrive --stage "$(STAGE)"

graphs: prepare-dev  ## Prove on ten thousand random drawings that every task ends, is tried again and is caught, and that histories are as long as predicted
	@FLOWZA_GRAPHS=$(or $(N),10000) $(PY) -m pytest -q --timeout 7200 tests/unit/test_aws_limits.py tests/unit/test_histories.py -k any_graph

conformance: prepare-dev  ## What Flowza asks of AWS, asked of a target (TARGET=embedded, or what AWS_ENDPOINT_URL names: TARGET=aws)
	@FLOWZA_TARGET=$(or $(TARGET),embedded) $(PY) -m pytest tests/conformance

second-opinion: prepare-dev  ## Compiled machines on LocalStack's own Step Functions interpreter, without Docker: needs Python 3.13
	@FLOWZA_SECOND_OPINION=install $(PY) -m pytest tests/conformance/test_second_opinion.py

test-localstack: prepare-dev second-opinion  ## The same of LocalStack: needs Docker with compose (LOCALSTACK_AUTH_TOKEN where the image wants one)
	@docker compose version >/dev/null 2>&1 || { echo "flowza: Nothing was tested against LocalStack: \`docker compose\` does not answer here. Start Docker with its compose plugin (docs.docker.com/compose/install), or ask the embedded cloud: make conformance." >&2; exit 1; }
	@docker compose -f infra/docker-compose.yml up --detach --wait && { \
	  AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \
	  FLOWZA_TARGET=localstack $(PY) -m pytest tests/conformance; code=$$?; \
	  docker compose -f infra/docker-compose.yml down --volumes; exit $$code; }

lint-aws: prepare-dev  ## cfn-lint, checkov and parliament over what goes to AWS
	@$(PY) -m infra.lint

reset: prepare  ## Delete all data of the embedded cloud in .flowza, after asking
	@$(PY) -m infra.local reset $(ARGS)

locks:  ## Resolve the dependencies anew (needs uv)
	@uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --extra nodes --extra local pyproject.toml -o infra/locks/run.txt
	@uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header -c infra/locks/run.txt --extra nodes --extra local --extra dev pyproject.toml -o infra/locks/dev.txt
	@for tool in lint docs; do uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 infra/locks/$$tool.in -o infra/locks/$$tool.txt; done
	@for image in tabular serving; do uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header -c infra/locks/run.txt node_containers/$$image/requirements.txt -o infra/locks/$$image.txt; done
	@uv pip compile -q --generate-hashes --no-emit-index-url --no-header --python-version 3.13 --python-platform linux infra/locks/localstack.in -o infra/locks/localstack.txt
	@uv pip compile -q --no-deps --generate-hashes --no-emit-index-url --no-header --python-version 3.11 infra/images/base/requirements.txt -o infra/locks/base.txt

clean:  ## Remove what was built (not your data in .flowza)
	@rm -rf .venv dist frontend/dist frontend/node_modules statemachines/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
