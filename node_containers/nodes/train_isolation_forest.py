"""Find anomalies with an isolation forest."""

from typing import Annotated, Literal

from pydantic import Field
from sklearn.ensemble import IsolationForest

from node_containers.fitting import fit_unsupervised
from node_containers.scoring.unsupervised import anomaly_report
from node_containers.sdk import AnyModel, Context, NodeParams, TrainTable, advanced, node, seed

# The rule of the original paper takes a score of one half for the limit, and rows with few different values may all lie beyond it.
MANY = 0.25
Half = Annotated[float, Field(gt=0, le=0.5)]
Share = Annotated[float, Field(gt=0, le=1)]


class Params(NodeParams):
    contamination: Literal["auto"] | Half = Field(
        "auto", title="Contamination", description="Share of the training rows that count as odd; “auto” is the rule of the original paper."
    )
    n_estimators: int = Field(100, ge=1, le=10_000, title="Trees", description="How many trees try to isolate each row.")
    max_samples: Literal["auto"] | Share = advanced("auto", title="Row share", description="Rows a tree sees; “auto” is 256 or all.")
    max_features: float = advanced(1.0, gt=0, le=1, title="Column share", description="Share of the columns each tree sees.")
    random_state: int = seed(description="The same seed grows the same trees.")


@node(title="Isolation forest", group="Models", family="train", icon="alert-triangle")
def train_isolation_forest(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Find rows that are unlike the others, without a target: the easier a row is cut off by random questions, the odder it is.

    The prediction is 1 for a usual row and -1 for an odd one, as in scikit-learn. The declared target of the dataset is not looked at.
    """
    estimator = IsolationForest(**params.model_dump())
    model = fit_unsupervised(table, context, estimator, task="anomaly", gives="anomaly", takes_scale=False)
    report = anomaly_report(model, table.frame, None)
    context.charts.extend(report.charts)
    share = report.metrics["odd_share"] or 0.0
    context.metric("odd_share", share)
    if share > MANY and params.contamination == "auto":
        message = f"{100 * share:.0f} of 100 rows count as odd by the rule “auto”: say with the contamination how many you expect."
        context.warn("odd-rows-many", message)
    context.summary = str(report.details["sentence"])
    return model
