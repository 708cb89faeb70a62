"""Every page: accessible in both themes, calm when the server is not, unmoved by hostile words; runs that outlive reloads and networks."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from infra.local.client import Client
from tests.browser.hands import RUN_MS, Open, node, open_saved, spread, until, violations
from tests.browser.hostile import HOSTILE
from tests.conftest import Cloud
from tests.e2e.test_engine import aws
from tests.e2e.test_spine import DEPLOYED, TITANIC

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def places(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every page by name, each with something on it."""
    first = cloud.finish(cloud.client.start(DEPLOYED, cache=False))
    second = cloud.finish(cloud.client.start({**DEPLOYED, "name": "Titanic, once more"}))
    endpoint = next(one["id"] for one in cloud.client.call("GET", "/endpoints")["items"] if one["name"] == "titanic")
    cloud.client.call("POST", f"/endpoints/{endpoint}/try", {"rows": [{"class": "1st", "age": 29, "sex": "female"}]})
    path = tmp_path_factory.mktemp("data") / "people.csv"
    path.write_text("age,city\n" + "\n".join(f"{i % 60},{'Rome' if i % 3 else 'Bonn'}" for i in range(90)) + "\n")
    dataset = cloud.client.upload(path, "people")["id"]
    run = f"/runs/{first['id']}"
    return {
        "home": "/",
        "canvas": f"/workflows/{first['workflow']}?run={first['id']}",
        "workflows": "/workflows",
        "data": "/data",
        "dataset": f"/data/{dataset}",
        "runs": "/runs",
        **{f"run {tab}": f"{run}?tab={tab}" for tab in ("summary", "timeline", "results", "data", "logs", "code")},
        "compare": f"/compare?runs={first['id']},{second['id']}",
        "models": "/models",
        **{f"model {tab}": f"/models/titanic?tab={tab}" for tab in ("versions", "figures", "lineage", "card")},
        "endpoints": "/endpoints",
        **{f"endpoint {tab}": f"/endpoints/{endpoint}?tab={tab}" for tab in ("try", "call", "traffic", "log", "lineage", "monitoring")},
        "settings": "/settings",
    }


def settled(page: Page) -> None:
    """Nothing is on its way any more, charts included."""
    expect(page.locator("main")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text("Loading…")).to_have_count(0)
    expect(page.locator(".plot[data-drawn=false]")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_passes_axe(open_page: Open, places: dict[str, str], cloud: Cloud, scheme: str) -> None:
    page = open_page("/", scheme)
    found = {}
    for name, address in places.items():
        page.goto(f"{cloud.client.url}/#{address}")
        settled(page)
        if name == "canvas":
            node(page, "Evaluate").click()
            # Settings come first where the click was quicker than the run.
            page.get_by_role("tab", name="Result").click()
            expect(page.get_by_role("complementary", name="Details")).to_contain_text("accuracy")
            page.locator(".confusion button.cell").first.click()
            expect(page.get_by_role("region", name="evaluate-predictions")).to_be_visible()
            found["canvas with rows"] = violations(page)
            page.get_by_role("button", name="Run in parts, and what it costs").click()
            expect(page.get_by_test_id("plan-words")).to_be_visible()
        found[name] = violations(page)
    assert {name: problems for name, problems in found.items() if problems} == {}
    assert len(found) == len(places) + 1


BROKEN_WORDS = """() => [...document.querySelectorAll("main th")].filter(cell => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return !/\\s/.test(cell.innerText.trim()) && new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1;
}).map(cell => cell.innerText)"""


def test_headings_of_tables_keep_their_words_on_a_phone(open_page: Open, places: dict[str, str], cloud: Cloud) -> None:
    page = open_page("/")
    page.set_viewport_size({"width": 390, "height": 860})
    for name in ("run summary", "model card", "endpoint log", "compare", "runs"):
        page.goto(f"{cloud.client.url}/#{places[name]}")
        settled(page)
        expect(page.locator("main th").first).to_be_visible()
        assert page.evaluate(BROKEN_WORDS) == [], name


def test_a_phone_shows_the_whole_timeline_and_one_row_of_places(open_page: Open, places: dict[str, str], cloud: Cloud) -> None:
    page = open_page("/")
    page.set_viewport_size({"width": 390, "height": 860})
    page.goto(f"{cloud.client.url}/#{places['run timeline']}")
    settled(page)
    picture = page.get_by_role("figure").get_by_role("img").first
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    # Name and cost stand above the bar: the axis has the whole width.
    expect(picture.locator("text").filter(has_text="Evaluate")).to_be_visible()
    header = page.get_by_role("banner").bounding_box()
    assert header is not None
    assert header["height"] < 70


def test_a_phone_shows_the_drawing_above_what_is_chosen(open_page: Open, places: dict[str, str], cloud: Cloud) -> None:
    page = open_page("/")
    page.set_viewport_size({"width": 390, "height": 860})
    page.goto(f"{cloud.client.url}/#{places['canvas']}")
    settled(page)
    drawing, details = page.locator(".stage").bounding_box(), page.get_by_role("complementary", name="Details").bounding_box()
    assert drawing is not None
    assert details is not None
    assert (drawing["width"], details["width"]) == (390, 390)
    assert min(drawing["height"], details["height"]) > 200
    assert drawing["y"] + drawing["height"] <= details["y"] + 1


def test_an_endpoint_gets_a_cap_and_loses_it_again(open_page: Open, places: dict[str, str], cloud: Cloud) -> None:
    cloud.client.call("PUT", "/spending/caps", {"month": 900})
    page = open_page(places["endpoint call"])
    section = page.get_by_role("region", name="Cap a month")
    expect(section).to_contain_text("may be passed")
    section.get_by_role("textbox").fill("2.5")
    section.get_by_role("button", name="Save cap").click()
    expect(page.get_by_text("stops at $2.50.")).to_be_visible()
    endpoint = places["endpoint call"].split("/")[2].partition("?")[0]
    caps = cloud.client.call("GET", "/spending")["caps"]
    assert (caps["endpoints"], caps["month"]) == ({endpoint: 2.5}, 900)
    section.get_by_role("textbox").fill("")
    section.get_by_role("button", name="Save cap").click()
    expect(page.get_by_text("stops at")).to_have_count(0)
    assert cloud.client.call("GET", "/spending")["caps"]["endpoints"] == {}
    cloud.client.call("PUT", "/spending/caps", {})


@pytest.mark.usefixtures("places")
def test_an_endpoint_shows_how_right_it_was_once_somebody_says_what_was_true(open_page: Open, cloud: Cloud) -> None:
    endpoint = cloud.client.call("POST", "/endpoints", {"name": "judged", "model": "titanic", "version": 1})["id"]
    page = open_page(f"/endpoints/{endpoint}?tab=monitoring")
    section = page.get_by_role("region", name="What turned out to be true")
    call = section.get_by_test_id("feedback").inner_text()
    assert f"/predict/{endpoint}/feedback" in call
    sent = json.loads(call.partition("-d '")[2].removesuffix("'"))
    rows = [{"class": "1st", "age": 29 + place, "sex": "female"} for place in range(4)]
    asked = cloud.client.call("POST", f"/endpoints/{endpoint}/try", {"rows": rows})
    key = cloud.client.call("POST", f"/endpoints/{endpoint}/keys")["key"]
    said = [one["prediction"] for one in asked["predictions"]]
    truth = [{**sent["truth"][0], "request_id": asked["request_id"], "row": row, "value": said[row]} for row in range(3)]
    truth[0]["value"] = str(1 - int(said[0]))
    anyone = Client(cloud.client.url, None)
    # A new key is known to the serving function within two seconds.
    until(page, lambda: anyone.request("POST", f"/predict/{endpoint}/feedback", {"truth": truth}, {"x-api-key": key}).status == 200)
    page.reload()
    expect(section.get_by_test_id("truths")).to_have_text("The truth of 3 of 4 predicted rows is known.")
    expect(section.get_by_role("figure", name="accuracy")).to_be_visible()
    settled(page)
    assert violations(page) == []
    page.goto(f"{cloud.client.url}/#/endpoints/{endpoint}?tab=log")
    expect(page.get_by_role("columnheader", name="Truth")).to_be_visible()
    expect(page.get_by_role("row").nth(1)).to_contain_text(f"0: {truth[0]['value']}")
    page.goto(f"{cloud.client.url}/#/endpoints/{endpoint}?tab=monitoring")
    page.get_by_role("button", name="Draw a drift check").click()
    expect(page.locator(".react-flow__node")).to_have_count(3)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_test_id("run-line")).to_contain_text("succeeded", timeout=RUN_MS)


def test_notes_and_tags_of_a_version_are_edited_and_the_model_found_by_them(open_page: Open, cloud: Cloud) -> None:
    # A model of its own: of one that other tests register, too, the newest version need not be the one whose tags are in the list.
    nodes = [dict(one) for one in DEPLOYED["nodes"] if one["type"] != "deploy_endpoint"]
    known = {one["id"] for one in nodes}
    for one in nodes:
        if one["type"] == "register_model":
            one["data"] = {**one["data"], "params": {"name": "noted"}}
    wires = [one for one in DEPLOYED["connections"] if one["target"] in known]
    run = cloud.finish(cloud.client.start({**DEPLOYED, "name": "Noted", "nodes": nodes, "connections": wires}))
    assert run["status"] == "succeeded", run["error"]
    (version,) = cloud.client.call("GET", "/models/noted")["versions"]
    page = open_page("/models/noted?tab=versions")
    card = page.get_by_role("region", name=f"Version {version['version']}")
    card.get_by_role("button", name="Edit notes and tags").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Notes").fill("Good for the first class.")
    dialog.get_by_label("Tags").fill("Team")
    dialog.get_by_label("Tags").press("Enter")
    expect(dialog).to_contain_text("A tag is a name in small letters")
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    dialog.get_by_label("Tags").press("Backspace")
    dialog.get_by_label("Tags").fill("team=found-here")
    dialog.get_by_label("Tags").press("Enter")
    assert violations(page) == []
    # Somebody else is faster: what they wrote is shown, and what was typed stays.
    path = f"/api/models/noted/versions/{version['version']}"
    reply = cloud.client.request("PATCH", path, {"description": "Mine."}, {"If-Match": f'"{version["revision"]}"'})
    assert reply.status == 200
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("They are now: Mine.")
    dialog.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("Good for the first class.")
    expect(card).to_contain_text("team=found-here")
    page.goto(f"{cloud.client.url}/#/models")
    search = page.get_by_role("textbox", name="Find by name or tag")
    search.fill("nothing-like-it")
    expect(page.get_by_text("No model has this in its name or tags.")).to_be_visible()
    search.fill("=FOUND-here")
    expect(page.locator("main").get_by_role("link", name="noted")).to_have_count(1)


# -- when the server is not calm --------------------------------------------------------------------------------------------

PROBLEM = {"type": "", "title": "x", "request_id": "req_1", "errors": [], "field": None, "hint": "Change it.", "current": None}
TROUBLES = {
    401: "You are not signed in.",
    404: "There is nothing at this address (any more).",
    422: "Something in it is wrong.",
    500: "The server had a problem.",
    0: "The server cannot be reached.",
}


TROUBLED = ("home", "workflows", "data", "dataset", "runs", "run summary", "compare", "models", "model versions", "endpoints")


@pytest.mark.parametrize("status", TROUBLES)
def test_trouble_is_one_calm_sentence_on_every_page(open_page: Open, places: dict[str, str], cloud: Cloud, status: int) -> None:
    context = open_page("/settings").context

    def answer(route: Route) -> None:
        if status == 0:
            route.abort()
            return
        route.fulfill(status=status, json={**PROBLEM, "status": status, "code": "x", "detail": TROUBLES[422]})

    context.route(re.compile("/api/(?!catalog)"), answer)
    # A server that cannot be reached, or that had a problem, is asked again before anything is said: the pages wait side by side.
    tabs = {name: context.new_page() for name in TROUBLED}
    for name, tab in tabs.items():
        tab.goto(f"{cloud.client.url}/#{places[name]}")
    for tab in tabs.values():
        expect(tab.get_by_role("alert").filter(has_text=TROUBLES[status]).first).to_be_visible()
        expect(tab.get_by_role("navigation")).to_be_visible()
    context.unroute_all()
    last = tabs[TROUBLED[-1]]
    last.get_by_role("button", name="Try again").first.click()
    expect(last.get_by_role("alert")).to_have_count(0)


def test_slow_answers_have_words(open_page: Open, cloud: Cloud) -> None:
    page = open_page("/settings")
    settled(page)
    held: list[Route] = []
    page.route(re.compile("/api/models"), lambda route: held.append(route))
    page.goto(f"{cloud.client.url}/#/models")
    expect(page.get_by_role("status").filter(has_text="Loading…")).to_be_visible()
    # The words stand while the page itself is fetched, too: the question may come after them.
    until(page, lambda: bool(held))
    page.route(re.compile("/api/models"), lambda route: route.continue_())
    for route in held:
        route.continue_()
    expect(page.get_by_text("Loading…")).to_have_count(0)


# -- hostile words ----------------------------------------------------------------------------------------------------------


def quote(text: str) -> str:
    """A cell as RFC 4180 has it, on one line."""
    return '"' + " ".join(text.split()).replace('"', '""') + '"'


def hostile_things(cloud: Cloud, folder: Path) -> tuple[dict[str, str], list[str]]:
    """Hostile words wherever people can write: names, notes, labels, params, columns, cells, runs that fail. The addresses of what came of it."""
    words = iter(HOSTILE * 3)
    document = spread(TITANIC)
    document |= {"name": next(words)[:190], "description": " ".join(HOSTILE[:40])[:4_900]}
    for one in document["nodes"]:
        one["data"]["label"] = next(words)[:190]
    document["nodes"] += [
        {
            "id": f"extra_{place}",
            "type": "preprocess",
            "position": {"x": 290 * (place % 12), "y": 700 + 150 * (place // 12)},
            "data": {"label": text[:190], "params": {}},
        }
        for place, text in enumerate(HOSTILE)
    ]
    document["nodes"][3]["data"]["params"] = {"target": HOSTILE[1][:200]}
    canvas = str(cloud.client.call("POST", "/workflows", document)["id"])

    columns = [f"c{place} {text}"[:120].replace("\n", " ") for place, text in enumerate(HOSTILE[:60])]
    rows = [",".join(quote(HOSTILE[(row * 60 + column) % len(HOSTILE)]) for column in range(60)) for row in range(6)]
    path = folder / "hostile.csv"
    path.write_text("\n".join([",".join(map(quote, columns)), *rows]) + "\n", "utf-8")
    dataset = str(cloud.client.upload(path, HOSTILE[2][:90])["id"])
    while (found := cloud.client.call("GET", f"/datasets/{dataset}"))["status"] == "profiling":
        time.sleep(0.1)
    assert found["status"] == "ready", found["error"]
    drawn = {
        "name": HOSTILE[3][:190],
        "nodes": [
            {
                "id": "load",
                "type": "csv_loader",
                "position": {"x": 0, "y": 0},
                "data": {"label": HOSTILE[4][:190], "params": {"dataset": dataset}},
            },
            {
                "id": "train",
                "type": "train_logreg",
                "position": {"x": 300, "y": 0},
                "data": {"label": HOSTILE[5][:190], "params": {"target": columns[0]}},
            },
        ],
        "connections": [{"source": "load", "target": "train"}],
    }
    run = cloud.finish(cloud.client.start(drawn))
    tabs = {f"run {tab}": f"/runs/{run['id']}?tab={tab}" for tab in ("summary", "timeline", "results", "data", "logs", "code")}
    addresses = {
        "data": "/data",
        "dataset": f"/data/{dataset}",
        "workflows": "/workflows",
        "home": "/",
        "runs": "/runs",
        "canvas": f"/workflows/{canvas}",
        **tabs,
    }
    addresses |= {
        "failed": f"/workflows/{run['workflow']}?run={run['id']}",
        "compare": f"/compare?runs={run['id']},{run['id']}",
        "lineage": "/models?" + HOSTILE[6],
    }
    return addresses, [document["name"], drawn["name"], HOSTILE[2][:90]]


WATCH = """
window.broken = [];
window.struck = 0;
document.addEventListener("securitypolicyviolation", (event) => window.broken.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


def test_three_hundred_hostile_strings_are_only_words(open_page: Open, cloud: Cloud, tmp_path: Path) -> None:
    assert len(set(HOSTILE)) >= 300
    addresses, names = hostile_things(cloud, tmp_path)
    page = open_page()
    page.add_init_script(WATCH)
    for name, address in addresses.items():
        page.goto(f"{cloud.client.url}/#{address}")
        page.reload()
        settled(page)
        if name == "canvas":
            expect(page.locator(".react-flow__node").first).to_be_visible()
            page.get_by_role("tab", name="Outline").click()
            expect(page.locator(".outline-node")).to_have_count(len(HOSTILE) + 5)
        if name == "dataset":
            page.get_by_text("Profile", exact=True).click()
            expect(page.locator(".profile-card")).to_have_count(60)
        assert page.evaluate("window.broken") == [], name
        assert page.evaluate("window.struck") == 0, name
        assert page.locator("main img, main iframe, main object, main embed, main script, main form[action]").count() == 0, name
    page.goto(f"{cloud.client.url}/#/workflows")
    for text in names[:2]:
        expect(page.get_by_role("link", name=text, exact=True).first).to_be_visible()


# -- runs -------------------------------------------------------------------------------------------------------------------


def test_a_run_is_the_same_after_reload_in_a_second_tab_and_with_the_back_button(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    workflow = open_saved(page, cloud, {**spread(TITANIC), "name": "Outlives"})
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_test_id("run-line")).to_contain_text("succeeded", timeout=RUN_MS)
    address = page.url
    page.get_by_role("navigation").get_by_role("link", name="Runs", exact=True).click()
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    page.go_back()
    expect(page.get_by_test_id("run-line")).to_contain_text("succeeded")
    second = open_page(f"/workflows/{workflow}")
    expect(second.get_by_test_id("run-line")).to_contain_text("succeeded")
    page.reload()
    assert page.url == address
    expect(node(page, "Evaluate")).to_contain_text("right for")
    expect(page.locator(".react-flow__edge-text").filter(has_text="984")).to_have_count(1)


ASK = {"id": "ask", "type": "approval", "position": {"x": 580, "y": 400}, "data": {"label": "Ask me", "params": {}}}
KEEP = {"id": "keep", "type": "register_model", "position": {"x": 900, "y": 400}, "data": {"label": "Keep", "params": {"name": "asked"}}}


def test_a_run_that_waits_is_answered_on_the_canvas_and_outlives_the_network(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    document: dict[str, Any] = {**spread(TITANIC), "name": "Asks"}
    passed = {"source": "ask", "target": "keep", "sourceHandle": "model", "targetHandle": "model"}
    document["nodes"] += [ASK, KEEP]
    document["connections"] += [{"source": "train_model", "target": "ask"}, passed]
    open_saved(page, cloud, document)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(node(page, "Ask me")).to_contain_text("waits for your answer", timeout=RUN_MS)
    expect(node(page, "Keep")).to_contain_text("waiting for Ask me")
    page.context.set_offline(True)
    expect(page.get_by_test_id("offline")).to_be_visible(timeout=RUN_MS)
    expect(node(page, "Ask me")).to_contain_text("waits for your answer")
    page.context.set_offline(False)
    expect(page.get_by_test_id("offline")).to_have_count(0, timeout=RUN_MS)
    page.reload()
    node(page, "Ask me").click()
    page.get_by_role("tab", name="Result").click()
    page.get_by_test_id("approval").get_by_label("A note, if you like").fill("looks right")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_test_id("run-line")).to_contain_text("succeeded", timeout=RUN_MS)
    expect(node(page, "Ask me")).to_contain_text("looks right")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(node(page, "Ask me")).to_contain_text("waits for your answer", timeout=RUN_MS)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_test_id("run-line")).to_contain_text("stopped", timeout=RUN_MS)


def test_who_is_named_answers_on_the_first_page_and_others_see_who_it_is(open_page: Open, cloud: Cloud) -> None:
    anna = {
        "pk": "usr_anna#token",
        "sk": "tok_anna",
        "name": "hers",
        "prefix": "fz_",
        "hash": "-",
        "scopes": "[]",
        "created_at": "2026-01-01T00:00:00.000Z",
    }
    aws(cloud, "dynamodb").put_item(TableName="flowza-local-records", Item={name: {"S": value} for name, value in anna.items()})
    page = open_page()
    for people, mine in ((["anna"], False), (["anna", "local"], True)):
        document: dict[str, Any] = {**spread(TITANIC), "name": f"Asks {people[-1]}"}
        asking = {**ASK, "data": {"label": "Ask", "params": {"approvers": people, "question": f"Shall it go on, {people[-1]}?"}}}
        document["nodes"] += [asking]
        document["connections"] += [{"source": "train_model", "target": "ask"}]
        open_saved(page, cloud, document)
        page.get_by_role("button", name="Run", exact=True).click()
        expect(node(page, "Ask")).to_contain_text(f"waiting for {', '.join(people)}", timeout=RUN_MS)
        node(page, "Ask").click()
        page.get_by_role("tab", name="Result").click()
        expect(page.get_by_test_id("approval")).to_contain_text("anna")
        expect(page.get_by_test_id("approval").get_by_role("button", name="Approve")).to_have_count(int(mine))
        if not mine:
            page.get_by_role("button", name="Cancel").click()
            expect(page.get_by_test_id("run-line")).to_contain_text("stopped", timeout=RUN_MS)
    home = open_page()
    question = home.get_by_test_id("question")
    expect(question).to_contain_text("go on, local?")
    question.get_by_role("button", name="Approve").click()
    expect(question).to_have_count(0, timeout=RUN_MS)
    expect(page.get_by_test_id("run-line")).to_contain_text("succeeded", timeout=RUN_MS)


def test_a_failure_is_mended_with_one_click(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    document = spread(TITANIC)
    document["nodes"] = [one for one in document["nodes"] if one["id"] != "clean_data"]
    kept = [one for one in document["connections"] if "clean_data" not in one.values()]
    document["connections"] = [{"source": "load_csv", "target": "train_test_split"}, *kept]
    open_saved(page, cloud, {**document, "name": "Mended"})
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_test_id("run-line")).to_contain_text("failed", timeout=RUN_MS)
    node(page, "Train Model").click()
    page.get_by_role("tab", name="Result").click()
    page.get_by_role("button", name="Put a Preprocess node in front").click()
    expect(page.locator(".react-flow__node")).to_have_count(5)
    page.keyboard.press("Control+z")
    expect(page.locator(".react-flow__node")).to_have_count(4)
    # The same way out from the page of the run: it leads to the canvas and is gone there.
    page.get_by_test_id("run-line").get_by_role("link").click()
    page.get_by_role("button", name="Put a Preprocess node in front").click()
    expect(page.locator(".react-flow__node")).to_have_count(5)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(node(page, "Evaluate")).to_contain_text("succeeded", timeout=RUN_MS)
