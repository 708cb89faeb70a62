"""Two ways out: a workflow as a CloudFormation template that runs without Flowza, and back to the same drawing.

Pure. The exported machine carries every param in its own payloads (as JSON text: a name that looks like a path stays a name), so it needs a bucket
and the node image and nothing else: no plan document, no tables, no platform. Nodes that act on the platform (register, deploy, ask a person) are
left out and named.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib import asl, limits
from chalicelib.catalog import FANS_OUT
from chalicelib.compute import BY_NAME
from chalicelib.errors import Invalid
from chalicelib.plan import Plan
from chalicelib.workflow import Workflow

FORMAT = 1
OWNER = "export"
TOO_LARGE_HINT = "Export a part of it: fewer nodes, or fewer searches and loops, each of which may write thousands of events."
FUNCTIONS = {"small": "NodeFunctionSmall", "large": "NodeFunctionLarge"}


def template(planned: Plan, workflow: Workflow, usd_per_gb_second: float | None = None) -> dict[str, Any]:
    """A CloudFormation template of the plan. `planned` must hold no cached node: the other account has no results.

    The price is for nodes that stop at one; None where it is not known."""
    document = {**planned.to_document(run=OWNER, owner=OWNER, workflow=OWNER), "usd_per_gb_second": usd_per_gb_second}
    positions = {node.id: node.position.model_dump() for node in workflow.nodes}
    inline = {stage.id: _inline(document, stage.id, positions) for stage in planned.stages}
    placeholders = {size: f"${{{name}Arn}}" for size, name in FUNCTIONS.items()}
    machines = asl.to_machines(planned, asl.Targets(placeholders, inline=inline))
    if machines.parts:
        raise Invalid("The workflow is too large for one exported machine.", code="export-too-large", hint="Export a part of it.")
    if findings := limits.lint(machines.main):
        # Nothing nests its searches there, as the platform's machines do.
        raise Invalid(
            f"The exported machine passes a limit of Step Functions: {findings[0]}.", code="export-too-large", hint=TOO_LARGE_HINT
        )
    about = {
        "flowza_export": FORMAT,
        "name": workflow.name,
        "description": workflow.description,
        "images": {
            "NodeImageUri": f"the node image, built from node_containers/tabular; environment {planned.facts.environment or 'unknown'}"
        },
        "datasets": sorted({node["dataset"]["object"] for node in document["nodes"].values() if "object" in (node["dataset"] or {})}),
        "left_out": left_out(workflow, planned.nodes),
        "drawing": workflow.model_dump(mode="json"),
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "A workflow exported by Flowza: a state machine and the node functions it invokes.",
        "Metadata": {"Flowza": about},
        "Parameters": {
            "NodeImageUri": {"Type": "String", "Description": "Image of node_containers/tabular with its digest"},
            "BucketName": {
                "Type": "String",
                "Description": "An existing bucket; results go below o/export/, uploaded datasets are read from there",
            },
        },
        "Resources": {**_functions(), **_machine(machines.main)},
        "Outputs": {"StateMachineArn": {"Value": {"Ref": "Machine"}}},
    }


def read(document: Any) -> Workflow:
    """The drawing of an exported template, or of its bare state machine. Raises `Invalid` for anything else."""
    if not isinstance(document, dict):
        raise Invalid("An export is a JSON object.", field="document", code="import-unreadable")
    about = (document.get("Metadata") or {}).get("Flowza") if isinstance(document.get("Metadata"), dict) else None
    if isinstance(about, dict) and "drawing" in about:
        return _workflow(about["drawing"])
    nodes = dict(_inlined(document))
    if not nodes:
        raise Invalid(
            "This holds no workflow that Flowza has exported.",
            field="document",
            code="import-unreadable",
            hint="Choose a template or machine of an export.",
        )
    return _workflow(_drawing(nodes))


def left_out(workflow: Workflow, planned: Iterable[str]) -> list[str]:
    """Nodes of the drawing that the exported machine does not hold."""
    kept = set(planned)
    return sorted(node.id for node in workflow.nodes if node.id not in kept)


def _workflow(drawing: Any) -> Workflow:
    try:
        return Workflow.model_validate(drawing)
    except ValueError as wrong:
        raise Invalid(f"The exported drawing cannot be read: {str(wrong)[:300]}", field="document", code="import-unreadable") from wrong


def _inline(document: Mapping[str, Any], stage: str, positions: Mapping[str, Any]) -> str:
    """The part of the plan that one stage needs: its nodes, and where the results before it lie."""
    here = next(one for one in document["stages"] if one["id"] == stage)
    wanted = set(here["nodes"]) | {source["node"] for name in here["nodes"] for source in document["nodes"][name]["inputs"].values()}
    nodes = {name: {**node, "position": positions[name]} for name, node in document["nodes"].items() if name in wanted}
    part = {name: document[name] for name in ("version", "run", "owner", "workflow", "environment")}
    if here["kind"] in FANS_OUT:
        part["usd_per_gb_second"] = document["usd_per_gb_second"]
    return json.dumps({**part, "stages": [here], "nodes": nodes}, sort_keys=True, separators=(",", ":"))


def _inlined(definition: Mapping[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    """Every node that the payloads of a state machine carry."""
    states = definition.get("States")
    for state in states.values() if isinstance(states, dict) else ():
        if not isinstance(state, dict):
            continue
        payload = (state.get("Parameters") or {}).get("Payload") if isinstance(state.get("Parameters"), dict) else None
        if isinstance(payload, dict) and isinstance(payload.get("inline"), str):
            try:
                plan = json.loads(payload["inline"])
                yield from ((name, plan["nodes"][name]) for name in plan["stages"][0]["nodes"])
            except (ValueError, KeyError, TypeError, IndexError) as broken:
                raise Invalid("A payload of this machine was altered: its plan cannot be read.", code="import-unreadable") from broken
        for inner in [*(state.get("Branches") or []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])]:
            yield from _inlined(inner)


def _drawing(nodes: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": "Imported workflow",
        "nodes": [
            {
                "id": name,
                "type": node["type"],
                "position": node.get("position") or {},
                "data": {"label": node["label"], "params": node["params"]},
            }
            for name, node in sorted(nodes.items())
        ],
        "connections": [
            {"source": source["node"], "target": name, "sourceHandle": source["port"], "targetHandle": port}
            for name, node in sorted(nodes.items())
            for port, source in sorted(node["inputs"].items())
        ],
    }


def _functions() -> dict[str, Any]:
    found: dict[str, Any] = {
        "NodeRole": _role(
            "lambda.amazonaws.com",
            [
                {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "Resource": {"Fn::Sub": _OBJECTS}},
                {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": {"Fn::Sub": "arn:${AWS::Partition}:s3:::${BucketName}"}},
                {
                    "Effect": "Allow",
                    "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": {"Fn::Sub": _LOGS},
                },
            ],
        )
    }
    for size, name in FUNCTIONS.items():
        found[name] = {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "PackageType": "Image",
                "Code": {"ImageUri": {"Ref": "NodeImageUri"}},
                "Role": {"Fn::GetAtt": ["NodeRole", "Arn"]},
                "Timeout": BY_NAME[size].seconds,
                "MemorySize": BY_NAME[size].memory_mb,
                "EphemeralStorage": {"Size": BY_NAME[size].memory_mb},
                # No runs table and no platform function: what happens is said in the log.
                "Environment": {"Variables": {"FLOWZA_BUCKET": {"Ref": "BucketName"}, "FLOWZA_SIZE": size}},
            },
        }
    return found


def _machine(definition: Mapping[str, Any]) -> dict[str, Any]:
    arns = {f"{name}Arn": {"Fn::GetAtt": [name, "Arn"]} for name in FUNCTIONS.values()}
    invoke = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": list(arns.values())}
    return {
        "MachineRole": _role("states.amazonaws.com", [invoke]),
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "RoleArn": {"Fn::GetAtt": ["MachineRole", "Arn"]},
                "DefinitionString": asl.definition_text(definition),
                "DefinitionSubstitutions": arns,
            },
        },
    }


_OBJECTS = "arn:${AWS::Partition}:s3:::${BucketName}/o/*"
_LOGS = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/${AWS::StackName}-*"


def _role(service: str, statements: list[dict[str, Any]]) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [{"PolicyName": "work", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}],
        },
    }


def without_platform(workflow: Workflow, left: Iterable[str]) -> Workflow:
    """The drawing without these nodes and their connections."""
    gone = set(left)
    kept = tuple(node for node in workflow.nodes if node.id not in gone)
    wires = tuple(wire for wire in workflow.connections if wire.source not in gone and wire.target not in gone)
    return workflow.model_copy(update={"nodes": kept, "connections": wires})
