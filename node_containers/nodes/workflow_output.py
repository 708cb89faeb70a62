"""What a sub-workflow gives."""

from node_containers.sdk import AnyEvaluation, AnyModel, AnyTable, Context, NodeParams, node


class Params(NodeParams):
    pass


@node(title="Workflow output", group="Deliver", family="effect", icon="logout-2")
def workflow_output(
    params: Params,
    context: Context,
    table: AnyTable | None = None,
    model: AnyModel | None = None,
    evaluation: AnyEvaluation | None = None,
) -> None:
    """Say what comes out of a Sub-workflow card: a table, a model, an evaluation, or several of these.

    Run by itself, the workflow ends here and nothing more happens.
    """
    given = {"a table": table, "a model": model, "an evaluation": evaluation}
    context.summary = f"gives {', '.join(name for name, one in given.items() if one is not None) or 'nothing'}"
