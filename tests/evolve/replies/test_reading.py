import re

import pytest

from evolve.replies.reading import MOST_CHARACTERS, MOST_NOTE, missing, read_reply
from evolve.replies.reply import Rejection, Source
from tests.evolve.replies.cases import BASE, OTHER, block, edit, expecting


def source(text: str, *args: str, **kwargs: str) -> Source:
    read = read_reply(text, expecting(*args, **kwargs))
    assert isinstance(read, Source), read
    return read


def rejection(text: str, *args: str, **kwargs: str) -> Rejection:
    read = read_reply(text, expecting(*args, **kwargs))
    assert isinstance(read, Rejection), read
    return read


@pytest.mark.parametrize("mark", ["```", "~~~", "`````", "  ```"])
@pytest.mark.parametrize("info", ["", "python", "py title='x'", " Python3 "])
def test_a_fenced_block_is_read_whatever_its_fence(mark: str, info: str):
    assert source(f"An idea.\n\n{block(OTHER, info, mark)}\nDone.").text == OTHER


def test_the_prose_before_the_code_is_kept_as_the_idea():
    read = source(f"Longest\nwait \x1b[31mfirst.\n\n{block(OTHER)}I hope that it helps.")
    assert read.note == "Longest wait ?[31mfirst."
    assert len(source("word " * 10_000 + "\n" + block(OTHER)).note) <= MOST_NOTE


IDEA = '"""Longest wait first,\nwhere it pays.\n\nSource: own code.\n"""\n\n'


def test_without_prose_the_idea_is_what_the_docstring_begins_with():
    assert source(block(IDEA + OTHER)).note == "Longest wait first, where it pays."
    assert source(f"Shortest.\n\n{block(IDEA + OTHER)}").note == "Shortest."
    assert source(block(OTHER)).note == ""
    long = "word\n" * 1_000
    assert len(source(block(f'"""{long}"""\n{OTHER}')).note) <= MOST_NOTE


def test_the_docstring_of_the_program_that_was_shown_is_no_idea():
    assert source(block(IDEA + OTHER), base=IDEA + BASE).note == ""


def test_the_idea_of_a_region_is_the_comment_that_it_begins_with():
    start, end = "# EVOLVE-BLOCK-START\n", "# EVOLVE-BLOCK-END\n"
    frame = IDEA + start + BASE + end
    said = "# Shortest work\n# first.\n"
    answer = IDEA + start + said + OTHER + end
    assert source(block(answer), base=frame, frame=frame).note == "Shortest work first."
    assert source(block(IDEA + start + OTHER + end), base=frame, frame=frame).note == ""


def test_an_indented_block_loses_the_indentation_of_its_fence():
    indented = "\n".join(f"   {line}" for line in block(OTHER).split("\n"))
    assert source(f"1. Like this:\n{indented}").text == OTHER


def test_a_last_block_that_is_not_closed_ends_with_the_reply():
    assert source(f"```python\n{OTHER}").text == OTHER


def test_of_several_blocks_the_one_with_the_entry_is_taken():
    helper = block("def helper():\n    return 1")
    assert source(helper + block(OTHER) + helper).text == OTHER


def test_of_several_programs_the_last_is_taken_that_is_none_of_those_shown():
    final = OTHER.replace("-waiting", "+waiting")
    assert source(block(OTHER) + block(final)).text == final
    assert source(block(OTHER) + block(BASE)).text == OTHER


def test_a_program_without_a_fence_is_read():
    assert source(OTHER).text == OTHER


@pytest.mark.parametrize(
    "reply",
    [
        "\ufeff" + block(OTHER),
        "\ufeff" + OTHER,
        f"````markdown\nIt goes like this.\n\n{block(OTHER)}````",
        f"```\n{block(OTHER)}```",
        f"```python\n{OTHER.rstrip()}```",
        block(OTHER) + "It is called like this:\n" + block("def decide(waiting):\n    ..."),
        block(OTHER) + block('def decide(waiting):\n    """What it does."""\n    pass'),
    ],
    ids=["mark", "bare mark", "nested", "twice fenced", "glued fence", "stub", "described stub"],
)
def test_odd_ways_to_give_a_whole_program_are_read(reply: str):
    assert source(reply).text == OTHER


def test_a_bare_file_whose_text_has_a_block_is_read():
    quoting = f'"""As in\n\n```\nexample\n```\n"""\n{OTHER}'
    assert source(quoting).text == quoting
    assert missing(quoting, "decide") == ""


@pytest.mark.parametrize(("search", "replace"), [
    ("<<<<<<< SEARCH:", ">>>>>>> REPLACE:"),
    ("<<<<<<<  SEARCH", ">>>>>>>  REPLACE"),
    ("<<<<<<< SEARCH", ">>>>>>> REPLACE```"),
    ("<<<<<<< SEARCH", ">>>>>>>"),
])  # fmt: skip
def test_odd_markers_of_edits_are_read(search: str, replace: str):
    reply = f"```\n{search}\nLIMIT = 4\n=======\nLIMIT = 5\n{replace}\n"
    assert source(reply).text == BASE.replace("LIMIT = 4", "LIMIT = 5")


@pytest.mark.parametrize("reply", [
    "```python\n" + OTHER,
    OTHER,
    edit("LIMIT = 4", "LIMIT = 5"),
    "First what it is now.\n" + block("LIMIT = 4") + "```python\n" + OTHER,
    "<think>\n" + block(OTHER),
])  # fmt: skip
def test_of_a_reply_that_was_cut_off_only_closed_blocks_count(reply: str):
    read = read_reply(reply, expecting(), is_cut_off=True)
    assert isinstance(read, Rejection)
    assert "cut off" in read.reason


def test_a_program_that_stands_before_the_cut_is_read():
    for reply in (block(OTHER) + "It is bet", block(OTHER) + "```python\ndef other(): re"):
        read = read_reply(reply, expecting(), is_cut_off=True)
        assert isinstance(read, Source)
        assert read.text == OTHER


def test_what_is_still_thought_is_no_answer():
    assert "no program" in rejection("<think>\nPerhaps:\n" + block(OTHER)).reason
    assert source("<think>\nNo.\n</think>\n" + block(OTHER)).text == OTHER


def test_a_program_whose_text_has_fences_is_read():
    quoting = f'"""\n```\nexample\n```\n"""\n{OTHER}'
    assert source(block(quoting)).text == quoting


def test_thoughts_before_the_answer_are_passed_over():
    assert source(f"<think>\n{block(BASE)}hm\n</think>\nIdea.\n{block(OTHER)}").note == "Idea."


def test_a_method_of_a_class_is_an_entry():
    code = "class Policy:\n    def decide(self, waiting):\n        return [0]\n"
    assert source(block(code)).text == code


def test_edits_change_the_base():
    read = source("More.\n\n" + block(edit("LIMIT = 4", "LIMIT = 8"), ""))
    assert read == Source(BASE.replace("LIMIT = 4", "LIMIT = 8"), "More.", "edits")


@pytest.mark.parametrize("text", [
    edit("LIMIT = 4", "LIMIT = 8"),
    edit("LIMIT = 4", "LIMIT = 8").replace("\n", "\r\n"),
    edit("```python\nLIMIT = 4\n```", "```python\nLIMIT = 8\n```"),
    block(edit("LIMIT = 4", "LIMIT = 8")) + block(edit("    return order", "    return order[:2]")),
    edit("LIMIT = 4", "LIMIT = 8").replace("<<<<<<< ", "<<<<<").replace(">>>>>>> ", ">>>>>>>>"),
])  # fmt: skip
def test_edits_are_read_wherever_they_stand(text: str):
    assert "LIMIT = 8" in source(text).text


def test_a_whole_policy_is_taken_where_edits_were_asked_for():
    assert source(block(OTHER)).form == "program"
    both = edit("no such line", "x") + block(OTHER)
    assert source(both).text == OTHER


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I cannot do that.", "no program"),
        ("", "no program"),
        (block("x = 1"), "no program"),
        (block("def decide(:\n    pass"), "not Python: .* in line 1: def decide"),
        (block('x = """\ndef decide(): pass\n"""'), "does not define `def decide"),
        (block("def outer():\n    def decide(): pass"), "does not define"),
        (block(OTHER + "\0"), "control character"),
        (block(OTHER + "# \x1b[2J"), "control character .* as an escape"),
        (block(OTHER + "# \x9b2J"), "control character"),
        (block(OTHER + "# \x7f"), "control character"),
        (edit("LIMIT = 4", "LIMIT = 5  # \x1b]0;x\x07"), "control character"),
        (block(OTHER + "# \ud800"), "surrogate"),
        (block(OTHER + "#" * 40_000), "longer than 32000 bytes"),
        (block(OTHER + "# é" * 12_000), "longer than 32000 bytes"),
        (block(OTHER.replace("import numpy as np", "")), "nothing defines or imports: `np`. Write"),
        (block("def decide(a):\n    nonlocal n\n    n = a"), "not Python: no binding .* in line 2"),
        (block("def decide(a):\n    n = 1\n    global n"), "not Python: .* global .* in line 3"),
        (block("def decide(a):\n    global a"), "not Python: name 'a' is parameter and global"),
        (block(BASE), "must decide differently"),
        (block(BASE.replace("order", "ranks") + "# in other words"), "must decide differently"),
        (edit("LIMIT = 4", "LIMIT = 4"), "must decide differently"),
        (edit("LIMIT = 4", "LIMIT = 4  # as before"), "must decide differently"),
        (edit("LIMIT = 4", "LIMIT = = 4"), "not Python: .*LIMIT = = 4"),
        (edit("def decide(waiting, servers):", "def choose(waiting, servers):"), "does not define"),
        (edit("nowhere", "x"), "does not have: nowhere"),
        ("<<<<<<< SEARCH\nLIMIT = 4\n=======\nLIMIT = 5", "does not end with"),
        ("<<<<<<< SEARCH\nLIMIT = 4\n>>>>>>> REPLACE", "no line '======='"),
        ("<<<<<<< SEARCH\nLIMIT = 4\n" + edit("a", "b"), "another block begins"),
        (edit("LIMIT = 4", "LIMIT = 5") * 51, "at most 50"),
        ("x" * (MOST_CHARACTERS + 1), "more than 400000 characters"),
    ],
)
def test_a_reply_without_a_new_policy_is_refused_with_a_reason(text: str, reason: str):
    assert re.search(reason, rejection(text).reason)


@pytest.mark.parametrize("text", ["\tx", "\f", "\N{NO-BREAK SPACE}é"])
def test_tabs_form_feeds_and_letters_of_any_kind_are_accepted(text: str):
    assert source(block(f"{OTHER}# {text} y")).text == f"{OTHER}# {text} y\n"


def test_the_refused_code_comes_with_the_reason():
    refused = rejection("Idea.\n" + block("def decide(:\n    pass"))
    assert (refused.answer, refused.note, refused.form) == (
        "def decide(:\n    pass\n",
        "Idea.",
        "program",
    )
    assert rejection(edit("nowhere", "x")).form == "edits"
    assert rejection(block(OTHER + "#" * 40_000)).answer == ""


def test_edits_that_apply_are_refused_with_the_program_that_they_make():
    entry, helper = "def decide(", "def helper(x):\n    return (x\n\n\n"
    refused = rejection(
        edit("def decide(waiting, servers):", f"{helper}def decide(waiting, servers):")
    )
    assert (refused.form, refused.answer) == ("program", BASE.replace(entry, helper + entry))
    line = int(re.search(r"in line (\d+)", refused.reason)[1])
    assert "return (x" in refused.answer.split("\n")[line - 1]


def test_an_answer_is_held_against_every_program_that_was_shown():
    assert "must decide differently" in rejection(block(OTHER), BASE, OTHER).reason


FRAMED = """import numpy as np

# EVOLVE-BLOCK-START
LIMIT = 4
# EVOLVE-BLOCK-END

SAFE = True

# EVOLVE-BLOCK-START
def decide(waiting):
    return [0]
# EVOLVE-BLOCK-END
"""


@pytest.mark.parametrize(
    ("old", "new"), [("LIMIT = 4", "LIMIT = 5"), ("    return [0]", "    return [1]")]
)
def test_what_lies_between_markers_may_change(old: str, new: str):
    changed = FRAMED.replace(old, new)
    assert source(block(changed), FRAMED, frame=FRAMED).text == changed
    assert source(edit(old, new), FRAMED, frame=FRAMED).text == changed


@pytest.mark.parametrize(("old", "new"), [
    ("SAFE = True", "SAFE = False"),
    ("import numpy as np", "import numpy"),
    ("# EVOLVE-BLOCK-END\n\nSAFE", "SAFE"),
    ("SAFE = True\n", "SAFE = True\nMORE = 1\n"),
    ("# EVOLVE-BLOCK-START\ndef", "def"),
    ("LIMIT = 4\n", 'LIMIT = """\n'),
    ("LIMIT = 4\n", "LIMIT = dict(\n"),
])  # fmt: skip
def test_what_lies_outside_the_markers_may_not(old: str, new: str):
    changed = FRAMED.replace(old, new).replace("return [0]", "return [1]")
    if new.endswith(("(\n", '"""\n')):  # swallows what is fixed, up to the next block
        closing = ")" if "(" in new else '"""'
        changed = changed.replace("def decide", f"{closing}\ndef decide")
    refused = rejection(block(changed), FRAMED, frame=FRAMED)
    assert "EVOLVE-BLOCK-START" in refused.reason
    assert refused.answer == ""  # the program that was shown is what tells the lines that stay


def test_a_policy_without_markers_may_change_anywhere():
    assert source(block(OTHER), frame=BASE).text == OTHER
