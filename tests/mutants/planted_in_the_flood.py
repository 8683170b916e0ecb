"""Faults that are planted in what holds on the day of a flood, and in what every answer must say."""

from tests.mutants.mutant import Mutant

DOOR, FLOOD = "tests/flood/test_door.py", "tests/flood/test_flood.py"
MATRIX, LOGS, SWEEP = "tests/test_access_matrix.py", "tests/test_logs.py", "tests/sweep/test_sweep.py"
IN_THE_FLOOD = (
    Mutant(
        "a-slow-line-holds-a-place",
        "who still sends holds up nobody",
        "intake/web/door.py",
        "        with self._door.outside():\n            return self._line.read() if",
        "        if self._door:\n            return self._line.read() if",
        (f"{DOOR}::test_who_waits_for_a_visitors_words_holds_no_place",),
    ),
    Mutant(
        "who-waits-for-us-is-ended",
        "a line whose visitor waits for us is spared",
        "intake/web/door.py",
        "if line.is_idle and not _is_worked_for(line, moment, heard)]",
        "if line.is_idle and moment and not (heard and False)]",
        (f"{DOOR}::test_who_waits_for_us_is_spared",),
    ),
    Mutant(
        "both-protocols",
        "a line on which nothing is said ends",
        "intake/supervisor.py",
        "http=HTTPModes.http1,",
        "http=HTTPModes.auto,",
        (f"{FLOOD}::test_only_the_older_protocol_is_spoken_whose_lines_end",),
    ),
    Mutant(
        "any-number-of-fields",
        "a form has no more fields than any page",
        "intake/web/form_parser.py",
        'if len(body) >= LARGEST_BODY or body.count(b"&") >= MOST_FIELDS:',
        "if len(body) >= LARGEST_BODY:",
        (f"{FLOOD}::test_a_body_that_is_too_large_too_long_or_too_odd_is_refused",),
    ),
    Mutant(
        "no-headers-on-pages-of-faults",
        "every answer bears all headers",
        "intake/web/headers.py",
        "    response.headers.extend(FIXED)\n",
        "    response.headers.extend(FIXED if response.status_code < 500 else {})\n",
        (f"{LOGS}::test_no_fault_leaves_a_word_or_an_address_in_a_log[sqlite]",),
    ),
    Mutant(
        "head-is-sending",
        "to ask for the head of a page is to look at it",
        "intake/followup/views.py",
        'if request.method != "POST" or not form.validate():\n        return render_template("followup/voice.html"',
        'if request.method == "GET" or not form.validate():\n        return render_template("followup/voice.html"',
        (f"{SWEEP}::test_looking_without_taking_the_page_is_looking[sqlite]",),
    ),
    Mutant(
        "what-is-allowed-is-not-said",
        "a wrong method is told the right ones",
        "intake/web/errors.py",
        '_KEPT = frozenset({"Allow", ',
        "_KEPT = frozenset({",
        (f"{SWEEP}::test_every_address_answers_every_method_to_nobody[sqlite]",),
    ),
)
