"""Which texts are taken for addresses, and how much of them stays."""

import time

import pytest

from notifier.logs import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        pytest.param("zhao@x.gov.cn", "z***@x.gov.cn", id="bare"),
        pytest.param(
            "550 5.1.1 <zhao.liu@x.gov.cn>: no such user",
            "550 5.1.1 <z***@x.gov.cn>: no such user",
            id="reply",
        ),
        pytest.param("a@b.cn, c.d@e.cn", "***@b.cn, c***@e.cn", id="two, one of a letter"),
        pytest.param("rfc822;zhao@x.cn", "rfc822;z***@x.cn", id="as a DSN names it"),
        pytest.param("收件人zhao@x.cn不存在", "收***@x.cn不存在", id="between Chinese words"),
        pytest.param("（zhao@x.cn）", "（z***@x.cn）", id="in wide brackets"),
        pytest.param("张三@教育.中国", "张***@教育.中国", id="another script"),
        pytest.param("zhao＠x.cn", "z***＠x.cn", id="wide at sign"),
        pytest.param("https://x.cn/e?to=zhao%40y.cn&c=1", "https://x.cn/e?t***%40y.cn&c=1", id="in a link"),
        pytest.param('"zhao liu"@x.cn', "***@x.cn", id="quoted"),
        pytest.param("zhao@[10.0.0.1]", "z***@[10.0.0.1]", id="literal"),
        pytest.param("SRS0=ab=x.cn=zhao@y.cn", "S***@y.cn", id="rewritten"),
        pytest.param("user:secret@mail.x.cn", "user:s***@mail.x.cn", id="login in a URL"),
        pytest.param("{'a': 'zhao@x.cn'}", "{'a': 'z***@x.cn'}", id="repr"),
        pytest.param("o'brien@x.cn", "o***@x.cn", id="apostrophe"),
        pytest.param("bounce+zhao=x.cn@y.cn", "b***@y.cn", id="variable sender"),
        pytest.param("z***@x.cn", "z***@x.cn", id="masked already"),
        pytest.param("due-30d@2018-08-31", "due-30d@2018-08-31", id="checkpoint"),
        pytest.param("report@2017-12-31.", "report@2017-12-31.", id="checkpoint at the end"),
        pytest.param("zhao@2018-08-31.cn", "z***@2018-08-31.cn", id="a domain like a day"),
        pytest.param("at 9 @ noon", "at 9 @ noon", id="no address"),
    ],
)
def test_of_an_address_only_its_first_letter_and_its_domain_stay(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text", ["a" * 1_000_000, "a@" * 500_000, '"' * 1_000_000, "%40" * 300_000, "@" * 1_000_000]
)
def test_no_text_takes_long(text: str) -> None:
    begin = time.monotonic()
    mask(text)
    assert time.monotonic() - begin < 2
