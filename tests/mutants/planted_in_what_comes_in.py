"""More faults that are planted: in how anything at all that comes from outside is taken."""

from tests.mutants.mutant import Mutant

FORMS, HEADERS, SERVERS = (
    "tests/web/test_forms.py",
    "tests/web/test_header_properties.py",
    "tests/test_answers_of_servers.py",
)
FORGED, OUTBOX = "tests/backup/test_forged_backups.py", "tests/outbox/test_outbox_machine.py"
ROUTING, CASE = "tests/desks/test_routing_machine.py", "tests/cases/test_case_machine.py"
EVERY_LETTER = f"{OUTBOX}::test_every_letter_arrives_and_no_more_often_than_deaths_explain"
ONE_DESK = f"{ROUTING}::test_every_complaint_ends_at_one_desk_with_somebody_told"
A_CASE = f"{CASE}::test_whatever_is_done_in_whatever_order_the_promises_of_a_case_hold"
SENTENCE = "tests/web/test_every_form.py::test_whatever_is_posted_a_form_answers_with_a_sentence"
IN_WHAT_COMES_IN = (
    Mutant(
        "marks-put-in-order",
        "half a megabyte of marks keeps no process busy",
        "intake/web/composed.py",
        '_TOO_MANY.sub(r"\\1", text)',
        "text",
        (f"{FORMS}::test_nothing_is_put_in_order_that_would_take_long",),
    ),
    Mutant(
        "bytes-of-a-character-uncounted",
        "a field takes no more bytes than honest words do",
        "intake/web/forms.py",
        "len(text.encode()) > most * BYTES_A_CHARACTER or character_count(text) > most",
        "character_count(text) > most",
        (SENTENCE,),
    ),
    Mutant(
        "host-that-is-none",
        "whatever a browser calls our host, the answer is a page",
        "intake/web/errors.py",
        "except BadHost:",
        "except LookupError:",
        (f"{HEADERS}::test_whatever_headers_say_the_answer_is_one_of_ours",),
    ),
    Mutant(
        "part-beyond-the-end",
        "whoever asks for a part of a file gets bytes that it has",
        "intake/web/ranges.py",
        "if start >= size:",
        "if start > size:",
        (f"{HEADERS}::test_a_part_of_a_file_lies_within_it",),
    ),
    Mutant(
        "passkey-in-passkey",
        "no answer of a device ends in a fault",
        "intake/members/passkeys.py",
        "AttributeError, RecursionError)",
        "AttributeError)",
        ("tests/members/test_pasted_properties.py::test_an_answer_that_was_altered_is_no_passkey",),
    ),
    Mutant(
        "code-of-a-stranger",
        "a code that we did not sign, and that finds no case, is none of ours",
        "intake/complaint/signed_code.py",
        "if queries.by_tag(keys.tag) is None:",
        "if keys.tag is None:",
        ("tests/cases/test_code_properties.py::test_a_signed_code_that_was_changed_is_not_ours",),
    ),
    Mutant(
        "chunk-of-another-place",
        "a chunk that was moved does not open",
        "intake/sealing.py",
        "if not opened.startswith(line):",
        "if False:",
        ("tests/test_sealing_properties.py::test_an_upload_opens_as_it_was_however_it_was_cut",),
    ),
    Mutant(
        "document-of-a-stranger",
        "what a stranger sealed to us and is no document is said to be none",
        "intake/sealing.py",
        "if not isinstance(document, dict) or document.get",
        "if document.get",
        ("tests/test_sealing_properties.py::test_what_a_stranger_sealed_to_us_is_no_document_and_no_identity",),
    ),
    Mutant(
        "number-without-end",
        "a setting that is no number is named in a sentence",
        "intake/setting_checks.py",
        "if text.isdecimal() and len(text) <= LONGEST_NUMBER else -1",
        "if text.isdecimal() else -1",
        ("tests/test_config_properties.py::test_any_environment_gives_settings_or_a_sentence_that_names_the_setting",),
    ),
    Mutant(
        "forged-manifest-believed",
        "a forged manifest ends in a sentence",
        "intake/backup/looking.py",
        '_of(int, end["rows"])',
        'end["rows"]',
        (f"{FORGED}::test_a_forged_manifest_ends_in_a_sentence",),
    ),
    Mutant(
        "revision-guessed",
        "the schema of a backup is one of ours by its whole name",
        "intake/backup/schema.py",
        "return revision in {one.revision for one in known}",
        'return revision == "head" or revision in {one.revision for one in known}',
        (f"{FORGED}::test_a_revision_is_one_of_ours_by_its_whole_name",),
    ),
    Mutant(
        "nearly-clean",
        "a file is clean where the scanner says so, and nothing else",
        "intake/evidence/scan.py",
        'if answer == b"stream: OK\\0":',
        'if answer.startswith(b"stream: OK"):',
        (f"{SERVERS}::test_a_scanner_that_talks_nonsense_calls_nothing_clean",),
    ),
    Mutant(
        "message-without-a-number",
        "a mailbox that talks nonsense is one that cannot be read",
        "intake/outbox/mailbox.py",
        "{number for number in said if _UID.fullmatch(number)}",
        "set(said)",
        (f"{SERVERS}::test_a_mailbox_that_talks_nonsense_is_one_that_cannot_be_read",),
    ),
    Mutant(
        "challenge-that-is-none",
        "a mail server that talks nonsense delays letters, and stops no worker",
        "intake/outbox/deliver.py",
        "except binascii.Error as error:",
        "except LookupError as error:",
        (f"{SERVERS}::test_a_mail_server_that_talks_nonsense_is_one_that_fails",),
    ),
    Mutant(
        "clock-back-twice",
        "no letter waits for what the clock said before it went back",
        "intake/outbox/deliver.py",
        "Letter.due_at <= Letter.owed_at)",
        "Letter.due_at == Letter.owed_at)",
        (EVERY_LETTER,),
    ),
    Mutant(
        "leased-twice",
        "of two workers one sends a letter",
        "intake/outbox/deliver.py",
        "Letter.locked_until < now)",
        "Letter.locked_until < now + LEASE + LEASE)",
        (EVERY_LETTER,),
    ),
    Mutant(
        "any-language-first",
        "the route of a language stands before that of all others",
        "intake/desks/routing.py",
        ".order_by(_ROUTES.c.language.desc())",
        ".order_by(_ROUTES.c.language.asc())",
        (ONE_DESK,),
    ),
    Mutant(
        "never-is-forgotten",
        "nothing is published whose complainant said: never",
        "intake/cases/statuses.py",
        "if change.status == PUBLISHED and case.not_for_publication:",
        "if False:",
        (A_CASE,),
    ),
    Mutant(
        "any-status-after-any",
        "a status follows on those that it may follow on",
        "intake/cases/statuses.py",
        "if change.status not in NEXT[case.status] or (asks",
        "if (asks",
        (A_CASE,),
    ),
)
