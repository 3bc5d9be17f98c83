"""One spelling: width, script, white space, item numbers, and lists that leave units out."""

import os
import subprocess
from pathlib import Path

import opencc
import pytest

from notifier.timing.spelling import compact, is_simplified, spelled

SPELLED = {
    "２０１８年 １２\n月底前": "2018年12月底前",
    "每週五前報送": "每周五前报送",
    "每個季度末": "每个季度末",
    "收到通知後": "收到通知后",
    "每季度结束后": "每季度结束后",
    # item numbers, where they can't be part of a date
    "1. 2018年5月底前；2．2018年11月底前": "2018年5月底前；2018年11月底前",
    "（一）准备阶段（3月）": "准备阶段（3月）",
    "①6月底前；②9月底前": "6月底前；9月底前",
    "一是6月底前完成，二是9月底前完成": "6月底前完成，9月底前完成",
    "(3)月底前": "(3)月底前",
    "3.6月底前": "3.6月底前",
    # lists
    "3、6、9、12月底前": "3月、6月、9月、12月底前",
    "第二、三季度": "第二季度、三季度",
    "2018年三、四季度": "2018年三季度、四季度",
    "每月5、15、25日前": "每月5日、15日、25日前",
    "2018、2019年": "2018年、2019年",
    "上、下半年": "上半年、下半年",
    "上下半年": "上半年、下半年",
    # may be the number of an item
    "1、6月底前": "1、6月底前",
    "3、12月": "3、12月",
    "1、3、6月": "1、3、6月",
    # not in order: no list of months
    "每年12、1月": "每年12、1月",
    "3-6、9月": "3-6、9月",
}


@pytest.mark.parametrize(("phrase", "text"), SPELLED.items(), ids=SPELLED)
def test_a_phrase_has_one_spelling(phrase: str, text: str) -> None:
    assert spelled(phrase) == text


def test_white_space_and_what_cannot_be_seen_go() -> None:
    assert compact(" 2018\u200b年\n\u3000底\u00a0前\ufeff") == "2018年底前"


def test_a_simplified_phrase_keeps_its_characters() -> None:
    for phrase in ("著力推进里程碑项目", "回覆意见后印发", "乾隆年间"):
        assert len(spelled(phrase)) == len(phrase)
    assert spelled("每季度结束后，成效显著") == "每季度结束后，成效显著"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("5月1日一6月30日", "5月1日-6月30日"),
        ("10月一报", "10月一报"),
        ("月后5日内报送", "每月结束后5日内报送"),
        ("季后13日前", "每季结束后13日内"),
        ("会议月后5日内", "会议月后5日内"),
        ("12月底前完成\n长期坚持", "12月底前完成，长期坚持"),
        ("6月底前完成持续推进机制建设", "6月底前完成持续推进机制建设"),
    ],
)
def test_what_is_written_in_short_is_spelled_out_where_nothing_else_is_meant(written: str, read: str) -> None:
    assert spelled(written) == read


SIMPLIFIED = {
    "2018年6月底前—持续实施": True,
    "常态化推进（每季度末）": True,
    "6月底前ABC😀": True,
    "每週五前報送": False,  # not of GB/T 2312
    "驗收後30日內": False,
    "批覆后10日内": False,  # 覆 stays in 覆盖
    "沈阳市": False,  # a doubt, no more
    "": True,
}


@pytest.mark.parametrize(("text", "expected"), SIMPLIFIED.items())
def test_only_text_that_the_converter_may_change_is_given_to_it(text: str, expected: bool) -> None:
    assert is_simplified(text) is expected


def test_whatever_the_converter_changes_is_given_to_it(tmp_path: Path) -> None:
    package = Path(opencc.__file__).parent / "clib"
    words = set()
    for dictionary in ("TSPhrases", "TSCharacters", "TSCharactersExt", "CJK_Compatibility_Ideographs"):
        source, target = package / "share" / "opencc" / f"{dictionary}.ocd2", tmp_path / dictionary
        subprocess.run(
            [package / "bin" / "opencc_dict", "-i", source, "-o", target, "-f", "ocd2", "-t", "text"],
            check=True, env={"LD_LIBRARY_PATH": os.fspath(package / "lib64")},
        )  # fmt: skip
        words |= {line.split("\t")[0] for line in target.read_text("utf-8").splitlines() if "\t" in line}
    assert len(words) > 5_000
    convert = opencc.OpenCC("t2s").convert
    assert [word for word in sorted(words) if is_simplified(word) and convert(word) != word] == []
