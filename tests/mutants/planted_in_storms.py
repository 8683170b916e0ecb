"""More faults that are planted: those that show only when something falls. A short storm must notice each."""

from tests.mutants.mutant import Mutant

SHORT = "tests/test_chaos.py::test_a_short_storm_takes_nothing_from_anybody"
SMALL, LARGE = f"{SHORT}[small]", f"{SHORT}[large]"
IN_STORMS = (
    Mutant(
        "lease-never-expires",
        "the letters of a worker that died are another's after a while",
        "intake/outbox/deliver.py",
        "free = or_(Letter.locked_until.is_(None), Letter.locked_until < now)",
        "free = Letter.locked_until.is_(None)",
        (SMALL,),
        "lease never expires",
    ),
    Mutant(
        "commit-before-seal",
        "nothing is committed that is not sealed, not even for a moment",
        "intake/complaint/submit.py",
        "    known_by = digest(keys.digest_key, words)\n",
        "    known_by = digest(keys.digest_key, words)\n"
        "    from sqlalchemy import delete\n"
        "    from intake.extensions import transaction\n"
        "    from intake.outbox.models import Arrival\n"
        "    with transaction():\n"
        "        db.session.add(Arrival(digest=known_by, kind=complaint.story, at=now()))\n"
        "    with transaction():\n"
        "        db.session.execute(delete(Arrival).where(Arrival.digest == known_by))\n",
        (SMALL,),
        "commit before seal",
    ),
    Mutant(
        "sqlite-does-not-sync",
        "what was promised survives a power cut",
        "intake/extensions.py",
        '"synchronous=FULL",',
        '"synchronous=OFF",',
        (SMALL,),
        "fsync off",
    ),
    Mutant(
        "postgresql-does-not-wait",
        "what was promised survives a power cut",
        "intake/app.py",
        'options["pool_pre_ping"] = True',
        'options |= {"pool_pre_ping": True, "connect_args": {"options": "-c synchronous_commit=off"}}',
        (LARGE,),
        "fsync off",
    ),
    Mutant(
        "chunk-not-synced",
        "a file of which it was said that it is whole survives a power cut",
        "intake/storage/folder.py",
        "            file.flush()\n            os.fsync(descriptor)\n",
        "            file.flush()\n",
        (SMALL,),
        "fsync off",
    ),
)
