"""Flowza's API: creates the Chalice app, registers the routes, and declares every event handler, schedule and authorizer.

They are declared here and not in blueprints because Chalice deploys a blueprint's handler without this module, and so without its middleware.
"""

import json
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from chalice import AuthResponse, Chalice, CORSConfig, Rate
from chalice.app import ConvertToMiddleware

from chalicelib import access, approvals, closing, effects, measures, predictions, reconciling, redriving, settings, sweeping, tickets
from chalicelib.api import problems, routes

logger = Logger(service="flowza")
# What the modules say becomes JSON as well, with the run and node at hand.
copy_config_to_registered_loggers(logger, include=set(measures.LOGGERS))
app = Chalice(app_name="flowza")
app.api.cors = CORSConfig(allow_origin=settings.load().public_url or "'none'", allow_headers=["If-Match", "Idempotency-Key"], max_age=600)
app.register_middleware(ConvertToMiddleware(logger.inject_lambda_context))
app.register_middleware(problems.rewrite_gateway_errors, "http")


@app.authorizer(ttl_seconds=0)
def authorizer(request: Any) -> AuthResponse:
    """A live token may call everything its owner may; anything else nothing."""
    caller = access.identify(request.token or "")
    if caller is None:
        return AuthResponse(routes=[], principal_id="nobody")
    return AuthResponse(routes=["*"], principal_id=caller.owner, context={"owner": caller.owner, "scopes": " ".join(caller.scopes)})


app.register_blueprint(routes.blueprint(authorizer), url_prefix="/api")


@app.lambda_function(name="platform")
def platform(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What the data plane and the clock ask for: an effect, credentials, a log, a sweep, a redrive, a look after the open runs, an event passed on."""
    logger.append_keys(**measures.keys(event))
    if "effect" in event:
        return effects.apply(event["effect"])
    if "ticket" in event:
        return effects.answered(lambda: tickets.redeem(event["ticket"]))
    if "predictions" in event:
        return effects.answered(lambda: predictions.for_run(event["predictions"]))
    if "sweep" in event:
        return sweeping.sweep()
    if "redrive" in event:
        return redriving.redrive()
    if "approval" in event:
        approvals.ask(event["approval"])
        return {}
    if event.get("detail-type") == "Step Functions Execution Status Change":
        closing.record_event(event["detail"])
        return {}
    return reconciling.reconcile()


@app.schedule(Rate(1, unit=Rate.MINUTES))
def tick(event: Any) -> None:
    """Every minute while anything is open: repair what an event missed."""
    logger.info(json.dumps(reconciling.tick()))


@app.on_cw_event({"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"]})
def run_changed(event: Any) -> None:
    """An execution ended: close its run."""
    logger.append_keys(**measures.keys(event.to_dict()))
    closing.record_event(event.detail)
