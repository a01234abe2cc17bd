"""People are told: real receivers on loopback that take, fail, hang, redirect and ask to wait."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.clients import problem, push
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer
from tests.servers.receivers import HttpReceiver, MailReceiver, Post, Reply
from tests.timing import Stopwatch

Start = Callable[..., QuadraServer]
SECRET = "a secret that nobody sees"


@pytest.fixture(scope="module")
def shared() -> Iterator[QuadraServer]:
    """One that may page receivers of this machine."""
    with QuadraServer(RATELIMIT_ENABLED="false", WEBHOOK_ALLOW_PRIVATE="true") as server:
        # The worker makes the first rules: from then on it judges and delivers.
        assert wait_until(lambda: numbers(server, "alert-rules") != set(), timeout=30)
        yield server


@pytest.fixture
def open_quadra(shared: QuadraServer) -> Iterator[QuadraServer]:
    """The same; the rules and channels of a test go with it, and nothing of it is told later."""
    before = numbers(shared, "alert-rules")
    yield shared
    if not shared.running:
        return
    for kind, mine in (
        ("alert-rules", numbers(shared, "alert-rules") - before),
        ("channels", numbers(shared, "channels")),
    ):
        for number in mine:
            gone = shared.session.delete(f"{shared.url}/api/v1/{kind}/{number}", timeout=10)
            assert 204 == gone.status_code, gone.text


def numbers(server: QuadraServer, kind: str) -> set[int]:
    """Give the ids of all alert rules, or channels, that there are."""
    found = server.get(f"/api/v1/{kind}").json()[kind.replace("-", "_")]
    return {one["id"] for one in found}


@pytest.fixture
def hook() -> Iterator[HttpReceiver]:
    with HttpReceiver() as receiver:
        yield receiver


def make_channel(server: QuadraServer, name: str, kind: str, url: str, **more: Any) -> int:
    wish = {"name": name, "kind": kind, "url": url, **more}
    made = server.post("/api/v1/channels", json=wish)
    assert 201 == made.status_code, made.text
    number: int = made.json()["id"]
    return number


def make_rule(server: QuadraServer, metric: str, *channels: str, **more: Any) -> None:
    rule = {"name": f"{metric} high", "selector": metric, "op": ">", "threshold": 10}
    rule |= {"channels": list(channels), "window": "10s", "severity": "critical"}
    rule |= {"group_interval": "1s", **more}
    made = server.post("/api/v1/alert-rules", json=rule)
    assert made.status_code in (200, 201), made.text


def test_a_breach_reaches_the_webhook_signed_and_soon_and_its_end_follows(
    open_quadra: QuadraServer, hook: HttpReceiver
) -> None:
    make_channel(open_quadra, "ops", "webhook", f"{hook.url}/in", secret=SECRET)
    make_rule(open_quadra, "hot", "ops", annotations={"summary": "It is {{ value }}"})
    push(open_quadra, "hot", 1, place="x")
    sent_at = time.time()
    push(open_quadra, "hot", 42, place="x")
    first = hook.wait(1)[0]
    assert first.at - sent_at < 2
    expected = "sha256=" + hmac.new(SECRET.encode(), first.body, hashlib.sha256).hexdigest()
    assert expected == first.headers["X-Quadra-Signature"]
    page = first.json
    assert first.headers["X-Quadra-Delivery"] == page["delivery_id"]
    assert (1, "firing") == (page["version"], page["status"])
    alert = page["alerts"][0]
    assert ("hot high", "critical", 42, 10) == tuple(
        alert[name] for name in ("rule", "severity", "value", "threshold")
    )
    assert "x" == alert["labels"]["place"]
    assert "It is 42" == alert["annotations"]["summary"]
    assert alert["url"].startswith("http")
    assert {"fingerprint", "transition_id", "started_at", "resolved_at"} <= set(alert)
    push(open_quadra, "hot", 1, place="x")
    second = hook.wait(2, 20)[1].json
    assert "resolved" == second["status"]
    assert alert["fingerprint"] == second["alerts"][0]["fingerprint"]


def test_the_history_says_who_was_told(open_quadra: QuadraServer, hook: HttpReceiver) -> None:
    make_channel(open_quadra, "ops", "webhook", hook.url)
    make_rule(open_quadra, "told", "ops")
    push(open_quadra, "told", 50)
    hook.wait(1)

    def kinds() -> set[str]:
        found = open_quadra.get("/api/v1/alerts/history").json()
        return {one["kind"] for one in next(iter(found.values()))}

    assert wait_until(lambda: "delivered" in kinds(), timeout=5)


def test_a_channel_that_fails_and_asks_to_wait_gets_the_same_page_again(
    open_quadra: QuadraServer, hook: HttpReceiver
) -> None:
    replies = iter([Reply(500), Reply(429, headers={"Retry-After": "2"})])
    hook.reply = lambda _post: next(replies, Reply())
    make_channel(open_quadra, "ops", "webhook", hook.url)
    make_rule(open_quadra, "again", "ops")
    push(open_quadra, "again", 50)
    posts = hook.wait(3, 20)
    assert 1 == len({post.headers["X-Quadra-Delivery"] for post in posts})
    assert posts[2].at - posts[1].at >= 2
    assert wait_until(lambda: state_of(open_quadra, "ops")["sent"] == 1, timeout=5)
    assert state_of(open_quadra, "ops")["error"] is None


def state_of(server: QuadraServer, name: str) -> dict[str, Any]:
    found = server.get("/api/v1/channels").json()["channels"]
    state: dict[str, Any] = next(one["state"] for one in found if one["name"] == name)
    return state


def test_a_redirect_is_not_followed_and_said_so(
    open_quadra: QuadraServer, hook: HttpReceiver
) -> None:
    with HttpReceiver() as elsewhere:
        hook.reply = lambda _post: Reply(307, headers={"Location": elsewhere.url})
        number = make_channel(open_quadra, "ops", "webhook", hook.url)
        tested = open_quadra.post(f"/api/v1/channels/{number}/test", timeout=20).json()
        assert tested["delivered"] is False
        assert "redirects are not followed" in tested["detail"]
        assert [] == elsewhere.posts


def test_a_test_and_a_drill_go_at_once_while_pages_wait_to_be_tried_again(
    open_quadra: QuadraServer, hook: HttpReceiver
) -> None:
    def fails(post: Post) -> Reply:
        is_real = post.json["kind"] != "test" and post.json["alerts"][0]["metric"] == "waits"
        return Reply(500 if is_real else 200)

    hook.reply = fails
    number = make_channel(open_quadra, "ops", "webhook", hook.url)
    make_rule(open_quadra, "waits", "ops")
    push(open_quadra, "waits", 50)
    hook.wait(3, 20)  # the next try comes after 4 s at the soonest
    with Stopwatch(open_quadra.process.pid) as watch:
        tested = open_quadra.post(f"/api/v1/channels/{number}/test", timeout=20).json()
    assert tested["delivered"] is True
    assert watch.seconds < 2
    with Stopwatch(open_quadra.process.pid) as watch:
        drilled = open_quadra.post("/api/v1/drill", json={}, timeout=60).json()
    assert drilled["passed"] is True, drilled
    assert watch.seconds < 6


def test_a_hanging_channel_delays_no_other(open_quadra: QuadraServer, hook: HttpReceiver) -> None:
    with HttpReceiver(lambda _post: Reply(after=30)) as hanging:
        make_channel(open_quadra, "a-hangs", "webhook", hanging.url)
        make_channel(open_quadra, "ops", "webhook", hook.url)
        make_rule(open_quadra, "both", "a-hangs", "ops")
        with Stopwatch(open_quadra.process.pid) as watch:
            push(open_quadra, "both", 50)
            assert hook.wait(1, 20)
        assert watch.seconds < 3
        assert 1 == len(hanging.wait(1))


def test_without_a_name_every_channel_is_told(
    open_quadra: QuadraServer, hook: HttpReceiver
) -> None:
    with HttpReceiver() as other:
        make_channel(open_quadra, "one", "webhook", hook.url)
        make_channel(open_quadra, "two", "webhook", other.url)
        make_rule(open_quadra, "everywhere")
        push(open_quadra, "everywhere", 50)
        assert 1 == len(hook.wait(1))
        assert 1 == len(other.wait(1))


def test_slack_gets_its_own_form_and_the_end_in_the_thread(
    open_quadra: QuadraServer, hook: HttpReceiver
) -> None:
    hook.reply = lambda post: Reply(body=f'{{"ok":true,"ts":"17.{len(hook.posts)}"}}'.encode())
    settings = {"channel": "#ops"}
    make_channel(open_quadra, "chat", "slack", hook.url, secret="xoxb-1", settings=settings)
    make_rule(open_quadra, "slow", "chat", annotations={"summary": "<!channel> & co"})
    push(open_quadra, "slow", 50, place="x")
    first: Post = hook.wait(1)[0]
    assert "Bearer xoxb-1" == first.headers["Authorization"]
    message = first.json
    assert "#ops" == message["channel"]
    assert "slow high" in message["text"]
    attachment = message["attachments"][0]
    assert attachment["color"].startswith("#")
    text = str(attachment["blocks"])
    assert "&lt;!channel&gt; &amp; co" in text
    assert all(word in text for word in ("Value", "50", "Threshold", "10", "place=x", "Open in"))
    push(open_quadra, "slow", 1, place="x")
    second = hook.wait(2, 20)[1].json
    assert "17.1" == second["thread_ts"]
    assert "Resolved" in second["text"]


def test_what_slack_refuses_with_a_200_is_refused(
    open_quadra: QuadraServer, hook: HttpReceiver
) -> None:
    hook.reply = lambda _post: Reply(body=b'{"ok":false,"error":"channel_not_found"}')
    settings = {"channel": "#x"}
    number = make_channel(open_quadra, "c", "slack", hook.url, secret="xoxb", settings=settings)
    tested = open_quadra.post(f"/api/v1/channels/{number}/test", timeout=20).json()
    assert (False, "Slack refused: channel_not_found") == (tested["delivered"], tested["detail"])


def test_mail_comes_with_text_html_and_a_thread(open_quadra: QuadraServer) -> None:
    with MailReceiver() as post_office:
        settings = {"to": ["team@example.org"], "from": "quadra@example.org"}
        make_channel(open_quadra, "mail", "email", post_office.url, settings=settings)
        make_rule(open_quadra, "mailed", "mail")
        push(open_quadra, "mailed", 50)
        first = post_office.wait(1)[0]
        assert "team@example.org" == first["To"]
        assert "mailed high" in str(first["Subject"])
        kinds = [part.get_content_type() for part in first.walk()]
        assert ["multipart/alternative", "text/plain", "text/html"] == kinds
        push(open_quadra, "mailed", 1)
        assert first["Message-ID"] == post_office.wait(2, 20)[1]["In-Reply-To"]


def test_the_rest_go_through_apprise(open_quadra: QuadraServer, hook: HttpReceiver) -> None:
    url = hook.url.replace("http://", "json://")
    number = make_channel(open_quadra, "any", "apprise", url)
    tested = open_quadra.post(f"/api/v1/channels/{number}/test", timeout=30).json()
    assert tested["delivered"], tested
    assert "Test from Quadra" in hook.posts[0].json["title"]
    hook.reply = lambda _post: Reply(307, headers={"Location": f"{hook.url}/elsewhere"})
    tested = open_quadra.post(f"/api/v1/channels/{number}/test", timeout=30).json()
    assert tested["delivered"] is False
    assert all(post.path != "/elsewhere" for post in hook.posts)


FILES = [
    "tgram://123456789:abcdefg_hijklmnop/12315544/?template={file}",
    "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?template={file}",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?template={file}",
    "workflow://host:443/workflow4abc/signature4abc?template={file}",
    "fcm://project@device?keyfile={file}",
    "fcm://project@device?keyfile=http://169.254.169.254/latest",
    "vapid://me@example.org/you@example.org?keyfile={file}&subfile={file}",
]


@pytest.mark.parametrize("url", FILES)
def test_a_channel_reads_no_file_of_this_machine(server: QuadraServer, url: str) -> None:
    wish = {"name": "file", "kind": "apprise", "url": url.format(file=__file__)}
    body = problem(server.post("/api/v1/channels", json=wish), 422, "invalid")
    assert "file" in body["errors"][0]["reason"]


INSIDE = [
    "http://127.0.0.1:9/x",
    "http://127.1/x",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://169.254.169.254/latest",
    "http://10.0.0.1/",
    "http://localhost/",
]


@pytest.mark.parametrize("url", INSIDE)
def test_addresses_inside_are_refused_when_saved(server: QuadraServer, url: str) -> None:
    wish = {"name": "inside", "kind": "webhook", "url": url}
    body = problem(server.post("/api/v1/channels", json=wish), 422, "invalid")
    assert "url" == body["errors"][0]["field"]
    assert "WEBHOOK_ALLOW_PRIVATE" in body["errors"][0]["reason"]
    for kind, inside in (("email", "smtp://127.0.0.1"), ("apprise", "json://127.0.0.1")):
        settings = {"to": ["a@b.c"]} if kind == "email" else {}
        mail = {"name": "i", "kind": kind, "url": inside, "settings": settings}
        problem(server.post("/api/v1/channels", json=mail), 422, "invalid")


def test_wrong_wishes_are_named(server: QuadraServer) -> None:
    wish = {"name": "", "kind": "pigeon", "url": 5, "settings": {"x": 1}, "color": 1, "enabled": 2}
    body = problem(server.post("/api/v1/channels", json=wish), 422, "invalid")
    assert {"name", "kind", "url", "settings.x", "color", "enabled"} == {
        one["field"] for one in body["errors"]
    }


def test_address_and_secret_are_never_seen_again(start_quadra: Start, hook: HttpReceiver) -> None:
    hook.reply = lambda _post: Reply(404)
    slack = f"{hook.url}/services/SLACKPATH"
    server = start_quadra(WEBHOOK_ALLOW_PRIVATE="true", SLACK_WEBHOOK_URL=slack)
    number = make_channel(server, "ops", "webhook", f"{hook.url}/HIDDENPATH", secret=SECRET)
    server.post(f"/api/v1/channels/{number}/test", timeout=20)
    seen = [server.get("/api/v1/channels").text, server.get(f"/api/v1/channels/{number}").text]
    put = server.session.put(f"{server.url}/api/v1/channels/{number}", json={"name": "ops2"})
    assert 200 == put.status_code, put.text
    seen += [put.text, server.output(), server.cli("config", "show").stdout]
    seen += [path.read_text() for path in Path(server.folder / "logs").glob("*")]
    for text in seen:
        assert "HIDDENPATH" not in text
        assert SECRET not in text
        assert "SLACKPATH" not in text
    assert "slack" in server.get("/api/v1/channels").text
    taken = server.session.delete(f"{server.url}/api/v1/channels/{slack_id(server)}")
    problem(taken, 409, "channel_of_settings")


def test_the_database_alone_tells_no_address_and_another_key_opens_none(
    start_quadra: Start, hook: HttpReceiver
) -> None:
    server = start_quadra(WEBHOOK_ALLOW_PRIVATE="true", SECRET_KEY="one key of two")
    number = make_channel(server, "ops", "webhook", f"{hook.url}/HIDDENPATH", secret=SECRET)
    assert server.post(f"/api/v1/channels/{number}/test", timeout=20).json()["delivered"] is True
    for file in (server.folder / "data").glob("quadra_matrix.db*"):
        kept = file.read_bytes()
        assert b"HIDDENPATH" not in kept
        assert SECRET.encode() not in kept
    server.terminate()
    server.settings["SECRET_KEY"] = "the other key"
    server.start()
    tested = server.post(f"/api/v1/channels/{number}/test", timeout=20).json()
    assert tested["delivered"] is False
    assert "another SECRET_KEY" in tested["detail"]
    assert "another SECRET_KEY" in str(state_of(server, "ops")["error"])
    again = {"url": f"{hook.url}/again", "secret": SECRET}
    put = server.session.put(f"{server.url}/api/v1/channels/{number}", json=again)
    assert 200 == put.status_code
    assert server.post(f"/api/v1/channels/{number}/test", timeout=20).json()["delivered"] is True


def slack_id(server: QuadraServer) -> int:
    found = server.get("/api/v1/channels").json()["channels"]
    number: int = next(one["id"] for one in found if one["name"] == "slack")
    return number


def test_a_secret_does_not_follow_to_another_place(
    open_quadra: QuadraServer, hook: HttpReceiver
) -> None:
    number = make_channel(open_quadra, "ops", "webhook", hook.url, secret=SECRET)
    with HttpReceiver() as thief:
        path = f"{open_quadra.url}/api/v1/channels/{number}"
        changed = open_quadra.session.put(path, json={"url": thief.url})
        assert changed.json()["has_secret"] is False
        open_quadra.post(f"/api/v1/channels/{number}/test", timeout=20)
        assert "X-Quadra-Signature" not in thief.wait(1)[0].headers


def test_a_page_survives_a_kill_between_breach_and_delivery(
    open_quadra: QuadraServer, hook: HttpReceiver
) -> None:
    hook.reply = lambda _post: Reply(503)
    make_channel(open_quadra, "ops", "webhook", hook.url)
    make_rule(open_quadra, "killed", "ops")
    push(open_quadra, "killed", 50)
    hook.wait(1)
    open_quadra.kill9()
    before = len(hook.posts)
    hook.reply = lambda _post: Reply()
    open_quadra.start()
    posts = hook.wait(before + 1, 70)
    assert len(posts) > before
    assert 1 == len({post.headers["X-Quadra-Delivery"] for post in posts})


def test_the_list_of_alerts_says_how_many_can_be_told_of_them(start_quadra: Start) -> None:
    server = start_quadra(WEBHOOK_ALLOW_PRIVATE="true")
    told = [server.get("/api/v1/alerts").json()["channels"]]
    channel = {"name": "team", "kind": "webhook", "url": "http://127.0.0.1:9/hook"}
    made = server.post("/api/v1/channels", json=channel)
    assert 201 == made.status_code, made.text
    told.append(server.get("/api/v1/alerts").json()["channels"])
    path = f"/api/v1/channels/{made.json()['id']}"
    changed = server.session.put(server.url + path, json={**channel, "enabled": False}, timeout=10)
    assert 200 == changed.status_code, changed.text
    told.append(server.get("/api/v1/alerts").json()["channels"])
    assert [0, 1, 0] == told
