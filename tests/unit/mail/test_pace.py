"""How fast mail may go: over all, and by domain."""

import pytest

from notifier.mail.pace import Pace, domain_of


class Seconds:
    """A monotonic clock that stands still until told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def test_a_domain_that_rests_lets_the_others_pass(seconds: Seconds) -> None:
    pace = Pace(per_domain={"qq.com": 0.5}, monotonic=seconds)
    queue = ["a@qq.com", "b@qq.com", "c@example.org", "d@qq.com", "e@example.org"]
    went: list[str] = []
    while queue:
        place, wait = pace.first(queue)
        seconds.now += wait
        pace.take(queue[place])
        went.append(f"{queue.pop(place)} {seconds.now - 1000:g}")
    assert went == ["a@qq.com 0", "c@example.org 0", "e@example.org 0", "b@qq.com 2", "d@qq.com 4"]


def test_the_pace_over_all_holds_beside_those_of_domains(seconds: Seconds) -> None:
    pace = Pace(10, {"qq.com": 0.5}, monotonic=seconds)
    pace.take("a@qq.com")
    assert pace.first(["b@qq.com"]) == (0, 2)
    place, wait = pace.first(["b@qq.com", "c@example.org"])
    assert (place, round(wait, 6)) == (1, 0.1)


@pytest.mark.parametrize(
    ("recipient", "waits"),
    [
        pytest.param("a@qq.com", True, id="the domain"),
        pytest.param("a@QQ.COM", True, id="in capitals"),
        pytest.param("a@vip.qq.com", False, id="a subdomain"),
        pytest.param("a@myqq.com", False, id="another that ends alike"),
        pytest.param("no address", False, id="no address"),
    ],
)
def test_a_pace_is_for_the_very_domain(seconds: Seconds, recipient: str, waits: bool) -> None:
    pace = Pace(per_domain={"qq.com": 1}, monotonic=seconds)
    pace.take("first@qq.com")
    assert pace.first([recipient]) == (0, 1 if waits else 0)


def test_a_domain_in_chinese_is_the_one_in_ascii() -> None:
    assert domain_of("a@例子.中国") == domain_of("a@xn--fsqu00a.xn--fiqs8s") == "xn--fsqu00a.xn--fiqs8s"


@pytest.mark.parametrize(
    ("rested", "within", "expected"),
    [
        pytest.param(2.0, 1.0, 1, id="rested: one at once"),
        pytest.param(2.0, 10.0, 6, id="rested: one at once and five more"),
        pytest.param(0.0, 1.0, 0, id="not rested within the time"),
        pytest.param(0.0, 10.0, 5, id="not rested, but soon"),
    ],
)
def test_a_quota_is_what_a_domain_takes_within_a_time(
    seconds: Seconds, rested: float, within: float, expected: int
) -> None:
    pace = Pace(per_domain={"qq.com": 0.5}, monotonic=seconds)
    pace.take("a@qq.com")
    seconds.now += rested
    has_room = pace.quota(within)
    assert sum(has_room(f"{number}@qq.com") for number in range(20)) == expected
    assert all(has_room(f"{number}@example.org") for number in range(20))


def test_the_shortest_rest_is_of_the_domains_that_rest(seconds: Seconds) -> None:
    pace = Pace(per_domain={"qq.com": 0.5, "163.com": 0.1, "x.cn": 1}, monotonic=seconds)
    assert pace.shortest_rest() == 0
    pace.take("a@163.com")
    pace.take("a@qq.com")
    assert pace.shortest_rest() == 2
