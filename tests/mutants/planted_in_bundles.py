"""More faults that are planted: in what an evidence bundle vouches for, and who gets one."""

from tests.mutants.mutant import Mutant

BUNDLE, FOR_WHOM, KEYS = (f"tests/cases/test_bundle{part}.py" for part in ("", "_for_whom", "_keys"))
IN_BUNDLES = (
    Mutant(
        "rotation-keeps-the-signing-key",
        "a desk with a new key signs with another one: whoever left may know the old",
        "intake/desks/keys.py",
        "    signing_keys.retire(new.desk_id, moment)\n",
        "",
        (f"{KEYS}::test_a_desk_with_a_new_key_signs_with_another_one",),
    ),
    Mutant(
        "originals-of-what-is-hidden",
        "no original goes outside where something of the case must not be shown",
        "intake/cases/bundle.py",
        "(marked.passages or verdict.hides_name)",
        "False",
        (f"{FOR_WHOM}::test_nothing_goes_outside_that_the_person_did_not_agree_to_or_that_is_marked",),
    ),
    Mutant(
        "other-bytes-vouched-for",
        "a bundle with another file's bytes has no end",
        "intake/evidence/read.py",
        "if last and seen.hexdigest() != file.sha256:",
        "if False:",
        (f"{BUNDLE}::test_a_zip_breaks_off_where_a_large_file_turns_out_altered",),
    ),
)
