"""``python -m tests.cases.rotation_program``: rotate the desk of a member whose number and identity come by stdin.

It begins unless a rotation is under way, says each time that something was saved, and ends when all is done.
"""

import sys

from intake.app import create_app
from intake.cases import rotation
from intake.desks import queries as desks
from intake.extensions import db, settle
from intake.members.models import Member
from intake.members.sessions import Visitor
from intake.sealing import Identity
from tests.cases.rotating import A_WHILE, begin, desk_named, finish


def main() -> None:
    number, identity = sys.stdin.read().split()
    with create_app().app_context():
        visitor = Visitor(db.session.get_one(Member, int(number)), Identity(identity), "")
        if len(desks.living_keys(desk_named().id)) == 1:
            begin(visitor)
        for seal_some in rotation.turns(visitor, desk_named(), A_WHILE):
            sys.stdout.write(f"saved {settle(seal_some, rotation.save)}\n")
            sys.stdout.flush()
        assert finish(visitor)


if __name__ == "__main__":
    main()
