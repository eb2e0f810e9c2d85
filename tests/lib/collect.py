"""Everything that the query API has to say of a tenant to an admin, read to the end through its pages; the shape is that of
oracle.Expected."""
import json
import subprocess
import urllib.parse


def get(client, tenant, path, **query):
    query = {k: v for k, v in query.items() if v is not None}
    joint = "&" if "?" in path else "?"
    url = f"/v1/t/{tenant}{path}" + (joint + urllib.parse.urlencode(query) if query else "")
    answer = client.get(url)
    if answer.status != 200:
        raise AssertionError(f"GET {url}: {answer}")
    return answer.json()


def pages(client, tenant, path, limit, cursor="cursor"):
    """Items of every page. A page that is not full is the last one; no page is empty but the first."""
    items, at = [], None
    while True:
        page = get(client, tenant, path, limit=limit, **{cursor: at})
        items += page["items"]
        if page["next"] is None:
            return items
        if len(page["items"]) != limit or page["next"] == at:
            raise AssertionError(f"{path}: a page of {len(page['items'])} of {limit} with next {page['next']}, from {at}")
        at = page["next"]


def both_ways(client, tenant, path, limit):
    """Items in the order in which they came; the other order must have the same."""
    items = pages(client, tenant, path, limit, cursor="after")
    if pages(client, tenant, path + "?order=desc", limit, cursor="after") != items[::-1]:
        raise AssertionError(f"{path}: the newest first are not the oldest first, reversed")
    return items


def history_names(client, tenant, key, items):
    """The names of all pages; one page has those that its bodies name."""
    names = {}
    for after in [0] + [item["seq"] for item in items[49::50]]:
        page = get(client, tenant, f"/issues/{key}/history", limit=50, after=after)
        if any(id not in json.dumps([item["body"] for item in page["items"]]) for id in page["names"]):
            raise AssertionError(f"/issues/{key}/history: names of what is not on the page")
        names.update(page["names"])
    return names


def related(client, tenant, path, first):
    """Children, links or watchers, whose first page the issue shows."""
    total = get(client, tenant, path, limit=1)["total"]
    if first["total"] != total:
        raise AssertionError(f"{path}: total is {total}, the issue says {first['total']}")
    return {"total": total, "items": pages(client, tenant, path, 3)}


def watchers(client, tenant, key, first, me):
    """Also whether the caller is one of them, which is not of the issue alone: taken out of the first page, too."""
    found = related(client, tenant, f"/issues/{key}/watchers", first)
    for watching in (first.pop("watching"), get(client, tenant, f"/issues/{key}/watchers", limit=1)["watching"]):
        if watching != (me in [watcher["id"] for watcher in found["items"]]):
            raise AssertionError(f"/issues/{key}/watchers: watching is {watching} for {me}")
    return found


def board(client, tenant, key, limit, least=None):
    """The board, at position @least or later, each column read by its own cursor."""
    found = get(client, tenant, f"/projects/{key}/board", limit=limit, min_position=least)
    for column in found["columns"]:
        at = column.pop("next")
        while at is not None:
            more, = get(client, tenant, f"/projects/{key}/board", limit=limit, cursor=at)["columns"]
            if more["id"] != column["id"] or not more["cards"]:
                raise AssertionError(f"a cursor of {column['id']} gives {len(more['cards'])} cards of {more['id']}")
            column["cards"] += more["cards"]
            at = more["next"]
    return found


def rest_of_cell(client, tenant, path, cell, query, pick):
    """The cards of a column, or of one in a swimlane, behind the first page."""
    at = cell.pop("next")
    while at is not None:
        more = pick(get(client, tenant, path, cursor=at, **query))
        if more["id"] != cell["id"] or more["count"] != cell["count"] or not more["cards"]:
            raise AssertionError(f"a cursor of {cell['id']} gives {len(more['cards'])} cards of {more['id']}")
        cell["cards"] += more["cards"]
        at = more["next"]


def only(items):
    item, = items
    return item


def set_up_board(client, tenant, id, limit, filters=None):
    """A board that was set up: all swimlanes, each column read by its own cursor."""
    path, query = f"/boards/{id}", {"limit": limit, "filter": filters}
    found = get(client, tenant, path, **query)
    at = found.pop("next_lanes")
    while at is not None:
        more = get(client, tenant, path, cursor=at, **query)
        if not more["lanes"]:
            raise AssertionError("a cursor of swimlanes gives none")
        found["lanes"] += more["lanes"]
        at = more["next_lanes"]
    for column in found["columns"] if found["lanes"] is None else []:
        rest_of_cell(client, tenant, path, column, query, lambda page: only(page["columns"]))
    for lane in found["lanes"] or []:
        for column in lane["columns"]:
            rest_of_cell(client, tenant, path, column, query, lambda page: only(only(page["lanes"])["columns"]))
    return found


def backlog(client, tenant, id, limit, filters=None):
    path, query = f"/boards/{id}/backlog", {"limit": limit, "filter": filters}
    found = get(client, tenant, path, **query)
    rest_of_cell(client, tenant, path, found, query, lambda page: page)
    return found


def teams(client, tenant):
    """Every team with all of its members."""
    found = []
    for team in pages(client, tenant, "/teams", 2):
        at, members = None, []
        while True:
            page = get(client, tenant, f"/teams/{team['id']}", limit=2, cursor=at)
            members += page["members"]["items"]
            at = page["members"].pop("next")
            if at is None:
                break
        if {k: page[k] for k in ("id", "name")} | {"members": page["members"]["total"]} != team:
            raise AssertionError(f"/teams and /teams/{team['id']} differ")
        page["members"]["items"] = members
        found.append(page)
    return found


def bulk(client, tenant, id, limit=500):
    """What came of a command on many issues, with every refusal."""
    at, refusals = 0, []
    while at is not None:
        found = get(client, tenant, f"/bulks/{id}", limit=limit, after=at)
        page = found.pop("refusals")
        if page["next"] is not None and (len(page["items"]) != limit or page["next"] != page["items"][-1]["place"]):
            raise AssertionError(f"/bulks/{id}: a page of {len(page['items'])} of {limit} with next {page['next']}, from {at}")
        refusals, at = refusals + page["items"], page["next"]
    return dict(found, refusals=refusals)
def members(client, tenant, path):
    """Each as it is alone, too."""
    found = pages(client, tenant, path, 3)
    for member in found:
        if get(client, tenant, f"/members/{member['id']}") != member:
            raise AssertionError(f"{path} and /members/{member['id']} differ")
    return found


def collect(client, tenant, audit=True, limit=1000):
    found = {"organization": get(client, tenant, ""), "members": members(client, tenant, "/members"),
             "removed members": members(client, tenant, "/members?status=removed"),
             "teams": teams(client, tenant), "api_keys": pages(client, tenant, "/api-keys", 2),
             "projects": pages(client, tenant, "/projects?archived=true", 2),
             "project_roles": get(client, tenant, "/project-roles")["items"],
             "permission_schemes": [get(client, tenant, f"/permission-schemes/{scheme['id']}")
                                    for scheme in get(client, tenant, "/permission-schemes")["items"]]}
    found["uses"] = {m["id"]: get(client, tenant, f"/members/{m['id']}/uses")["uses"] for m in found["members"]}
    keys, me = [], get(client, tenant, "/me")["id"]
    for project in found["projects"]:
        if get(client, tenant, f"/projects/{project['key']}") != project:
            raise AssertionError(f"/projects and /projects/{project['key']} differ")
        for what in ("statuses", "workflows"):
            found[f"{what} {project['key']}"] = get(client, tenant, f"/projects/{project['key']}/{what}")["items"]
        for part in ("components", "versions", "roles"):
            found[f"{part} {project['key']}"] = get(client, tenant, f"/projects/{project['key']}/{part}")
        found[f"labels {project['key']}"] = {"policy": get(client, tenant, f"/projects/{project['key']}/labels")["policy"],
                                            "items": pages(client, tenant, f"/projects/{project['key']}/labels", 2)}
        found[f"assignable {project['key']}"] = pages(client, tenant, f"/projects/{project['key']}/assignable", 3)
        found[f"configuration {project['key']}"] = get(client, tenant, f"/projects/{project['key']}/configuration")
        found["board " + project["key"]] = whole = board(client, tenant, project["key"], limit)
        if board(client, tenant, project["key"], 7) != whole:
            raise AssertionError(f"the board of {project['key']} differs when read in pages of 7")
        keys += [card["key"] for column in whole["columns"] for card in column["cards"]]
    found["boards"] = pages(client, tenant, "/boards", 2)
    for board_id in [item["id"] for item in found["boards"]]:
        found["board " + board_id] = whole = set_up_board(client, tenant, board_id, limit)
        if set_up_board(client, tenant, board_id, 3) != whole:
            raise AssertionError(f"the board {board_id} differs when read in pages of 3")
        found["backlog " + board_id] = backlog(client, tenant, board_id, 2)
        for f in whole["filters"]:
            found[f"board {board_id} {f['id']}"] = set_up_board(client, tenant, board_id, 2, f["id"])
            found[f"backlog {board_id} {f['id']}"] = backlog(client, tenant, board_id, 2, f["id"])
    for way in ("archived", "deleted"):
        found[way] = pages(client, tenant, f"/{way}-issues", 3, cursor="after")
    found["link types"] = get(client, tenant, "/link-types")["items"]
    found["deleted projects"] = pages(client, tenant, "/deleted-projects", 3, cursor="after")
    for key in keys + [entry["issue"]["key"] for entry in found["archived"]]:
        found["issue " + key] = get(client, tenant, f"/issues/{key}")
        found["transitions " + key] = get(client, tenant, f"/issues/{key}/transitions")
        total = found["issue " + key]["comments"]["total"]
        found["comments " + key] = {"total": total,
                                    "items": both_ways(client, tenant, f"/issues/{key}/comments", 5)}
        for name, shown in (("children", "subtasks"), ("links", "links")):
            found[f"{name} {key}"] = related(client, tenant, f"/issues/{key}/{name}", found["issue " + key][shown])
        found["watchers " + key] = watchers(client, tenant, key, found["issue " + key]["watchers"], me)
        for comment in found["comments " + key]["items"]:
            if comment["edited_at"]:
                found["texts " + comment["id"]] = pages(
                    client, tenant, f"/issues/{key}/comments/{comment['id']}/history", 2, cursor="after")
        logged = found["issue " + key]["worklogs"]
        found["worklogs " + key] = {"total": logged["total"], "minutes": logged["minutes"],
                                    "items": both_ways(client, tenant, f"/issues/{key}/worklogs", 5)}
        if audit:
            found["history " + key] = both_ways(client, tenant, f"/issues/{key}/history", 7)
            found["history names " + key] = history_names(client, tenant, key, found["history " + key])
    if audit:
        found["audit"] = pages(client, tenant, "/audit", 500, cursor="after")
        for event in found["audit"]:
            if event["type"] == "BulkCompleted":
                found["bulk " + event["aggregate"]["id"]] = bulk(client, tenant, event["aggregate"]["id"])
        found["audit"] = both_ways(client, tenant, "/audit", 500)
    return found


def psql(connection, sql):
    done = subprocess.run(["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", connection, "-c", sql],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"psql: {done.stderr}")
    return done.stdout


def live_schema(connection, view):
    """The schema of the version of @view that this program made first: its number is not the tests' business."""
    return psql(connection, f"select nspname from pg_namespace where nspname ~ '^{view}_v[0-9]+$'").strip()


def documents(connection, tenant, schema=None):
    """The rows that the search view keeps of the tenant."""
    schema = schema or live_schema(connection, "search")
    rows = psql(connection, f"select row_to_json(d) from (select doc_id, issue_id, project_id, number, title, body, updated_seq"
                            f" from {schema}.docs where tenant = '{tenant}' order by doc_id) d")
    return [json.loads(row) for row in rows.splitlines()]
