"""What a password must be: twelve characters or more, not a common one, not made of who one is. Nothing else."""

from __future__ import annotations

import re
import unicodedata

SHORTEST = 12
LONGEST = 200
_LISTED = """
    passwordpassword password1234 password12345 password123456 passw0rd1234 p@ssw0rd1234 password2010 mypassword123
    123456789012 1234567890123 12345678901234 123456123456 012345678901 0123456789012 098765432109 987654321098
    111111111111 222222222222 000000000000 121212121212 123123123123 123412341234 112233445566 1qaz2wsx3edc
    1q2w3e4r5t6y qwertyuiop12 qwertyuiop123 qwertyuiopas qwerty123456 qwertyuiop[]
    qwertyqwerty asdfghjkl123 zxcvbnm12345
    abcdefghijkl abcdefghijklm abcdefgh1234 abc123abc123 abcd1234abcd aaaaaaaaaaaa letmeinletmein letmein12345
    letmein123456 welcome12345 welcome123456 welcomewelcome changeme1234 changemenow1 changemeplease administrator
    administrator1 adminadmin12 admin1234567 admin12345678 iloveyou1234 iloveyouiloveyou iloveyou12345 ilovechocolate
    footballfootball football1234 liverpool123 liverpool1234 manchester12 manchesterunited chelsea12345 arsenal12345
    sunshine1234 princess1234 superman1234 spiderman123 monkey123456 dragon123456 trustno1trustno1 starwars1234
    whatever1234 computer1234 michael12345 jennifer1234 charlie12345 thomas123456 secret123456 supersecret1
    default12345 temporary123 temporarypassword summer123456 winter123456 spring123456 autumn123456 summertime12
    monday123456 january12345 november1234 december1234 christmas123 birthday1234 correcthorsebatterystaple
    thisismypassword notmypassword1 mypasswordis1 passwordispassword localauthority1 childrensservices socialwork123
    socialworker1 casemanagement everychildmatters
"""
COMMON = frozenset(_LISTED.split())


def _plain(text: str) -> str:
    """Lower case, without marks and without what is neither letter nor digit."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[^\w]|_", "", "".join(letter for letter in folded if not unicodedata.combining(letter)))


def problem_with(password: str, *, known: tuple[str, ...] = ()) -> str | None:
    """The sentence that says why a password cannot be had, or None. ``known``: the person's name and address."""
    if len(password) < SHORTEST:
        return (
            f"Use at least {SHORTEST} characters. Three or four words that do not belong together work well."
        )
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if any(ord(letter) < 32 for letter in password):
        return "Leave out line breaks and other characters that cannot be typed."
    plain = _plain(password)
    if plain in {_plain(word) for word in COMMON} or password.casefold() in COMMON or len(set(plain)) < 5:
        return "This password is one of those tried first. Choose something less common."
    parts = {part for text in known for part in re.split(r"[\s@.\-_+']+", text.casefold()) if len(part) >= 4}
    left = plain
    for word in sorted({"icsexchange", *(_plain(part) for part in parts)} - {""}, key=len, reverse=True):
        left = left.replace(word, "")
    if left != plain and len(left) < 8:
        return "Do not build the password on your name, your address or the name of this service."
    return None
