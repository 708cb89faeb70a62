"""Another workflow as one node."""

from typing import Annotated, NamedTuple

from pydantic import Field, StringConstraints

from node_containers.sdk import AnyEvaluation, AnyModel, AnyTable, NodeError, NodeParams, SameRows, node, workflow_id

Place = Annotated[str, StringConstraints(min_length=3, max_length=200)]


class Params(NodeParams):
    workflow: str | None = workflow_id(title="Workflow", description="One of your saved workflows, with a Workflow output node in it.")
    revision: int | None = Field(
        None, ge=1, le=10**8, title="Revision", description="Which save of it; open: the newest when a run starts."
    )
    params: dict[Place, str | int | float | bool | None] = Field(
        {}, max_length=100, title="Params", description="What is set in it, named as node.param, such as split.test_size."
    )


class Outputs(NamedTuple):
    table: SameRows
    model: AnyModel
    evaluation: AnyEvaluation


@node(title="Sub-workflow", group="Deliver", family="row", icon="sitemap", flow="nested")
def sub_workflow(params: Params, first: AnyTable | None = None, second: AnyTable | None = None) -> Outputs:
    """Run another of your workflows as one node: its Workflow input nodes get the tables drawn here, its Workflow output node says what comes out.

    Before a run the card is opened: its nodes become nodes of this workflow, named card.node. They are cached, checked for leaks and shown one by one like all
    others, and a run keeps which revision it took. Workflows may lie in each other five deep.
    """
    raise NodeError("nested-unopened", "A sub-workflow is opened by the platform, not run by a function.", hint="Run it in Flowza.")
