"""Questions: approvals in which you are named, whoever's run it is."""

from chalicelib import access, approvals
from chalicelib.api.routing import Request, route
from chalicelib.api.runs import Decision
from chalicelib.api.shapes import View


class Question(View):
    """`about` is what the model and its evaluation say of themselves; `default` holds when nobody has answered in time."""

    run: str
    node: str
    workflow_name: str
    asked_by: str
    question: str
    about: list[str]
    asked_at: str
    timeout_hours: float
    default: str


class QuestionList(View):
    items: list[Question]


@route("GET", "/questions", access="user")
def list_questions(request: Request) -> QuestionList:
    """What waits for your answer."""
    return QuestionList(
        items=[
            Question(
                run=item.run,
                node=item.node,
                workflow_name=item.workflow_name,
                asked_by=access.user_name(item.owner),
                question=item.question,
                about=item.about,
                asked_at=item.asked_at,
                timeout_hours=item.timeout_hours,
                default=item.default,
            )
            for item in approvals.questions(request.owner)
        ]
    )


@route("POST", "/questions/{run}/{node}", access="user", status=204)
def answer_question(request: Request, run: str, node: str, body: Decision) -> None:
    """Approve or reject; the first answer counts."""
    approvals.answer(request.owner, run, node, approve=body.approve, note=body.note)
