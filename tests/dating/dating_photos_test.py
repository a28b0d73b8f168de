#!/usr/bin/env python3
"""Photos of Dating with operators who look at them: the real program, its sandbox in a process of its own, kills in
between. $TANDEM_BINARY names the program."""
import base64
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from dating_people import BOT, Single, picture  # noqa: E402
from dating_test import BINARY, DatingTown  # noqa: E402
from driver import wait_until  # noqa: E402


def encoded(data):
    return base64.b64encode(data).decode()


class Photographed(Single):
    def send_album(self, *names):
        pictures = [encoded(picture(f"{self.name} {name}")) for name in names]
        self.town.api("POST", "/messages", {"person": self.id, "bot": self.bot, "photos": pictures})

    def has_states(self, states):
        """The states of the person's photos, in order."""
        wait_until(f"{states} of {self.name}\n{self.seen()}", lambda: self.states() == states, 60)

    def states(self):
        return self.town.sql("SELECT coalesce(string_agg(state, ' ' ORDER BY position), '') FROM dating.photos p JOIN "
                             f"accounts.users u USING (user_id) WHERE u.telegram_id = {self.id}")


class DatingPhotos(unittest.TestCase):
    def setUp(self):
        self.town = DatingTown(BINARY, limits=False, settings={"TANDEM_BOT_RATE": 0, "TANDEM_PHOTOS_APPROVE": "operator"})
        self.addCleanup(self.town.close)
        self.town.start()
        wait_until("Dating's bot", lambda: BOT in self.town.bots())

    def operator(self, name):
        one = Single(self.town, name)
        code = next(word for word in self.town.run("admin", "create").replace("`", " ").split()
                    if len(word) >= 12 and word.isalnum())
        one.say(f"/claim {code}")
        wait_until("the operator's chat", lambda: self.town.sql(
            "SELECT count(*) FROM accounts.operator_chats o JOIN accounts.users u USING (user_id) "
            f"WHERE u.telegram_id = {one.id}") == "1")
        return one

    def files(self):
        return sum(len(names) for _, _, names in os.walk(self.town.folder + "/product/blobs"))

    def newcomer(self, name):
        """Registered, with two photos of an album that wait."""
        one = Photographed(self.town, name)
        one.register(27, 0, 1, photos=0)
        one.say("/menu")
        one.press("me:show")
        one.press("ph:list")
        one.sees("No photos yet")
        one.press("ph:add")
        one.sees("Send a photo")
        one.send_album(1, 2)
        one.sees("2 photos are added and wait to be checked")
        one.has_states("waiting waiting")
        return one

    def test_photos_wait_for_an_operator_who_may_change_their_mind(self):
        maria = self.operator("Maria")
        anna = self.newcomer("Anna")
        maria.sees("Anna, 27")
        maria.sees("2 wait")
        self.assertEqual(self.town.sql("SELECT has_photo FROM dating.profiles WHERE name = 'Anna'"), "f")
        maria.press("op:photo:no:")
        maria.press("op:photo:why:")
        maria.sees("Anna: refused")
        anna.has_states("refused waiting")
        maria.press("op:photo:undo:")
        maria.sees("Photo 1 of 2")
        anna.has_states("waiting waiting")
        maria.press("op:photo:yes:")
        maria.sees("Anna: shown")
        maria.press("op:photo:no:")
        maria.press("op:photo:why:")
        anna.has_states("shown refused")
        anna.sees("people see it", 60)
        anna.sees("This photo did not fit", 60)
        self.assertEqual(self.town.sql("SELECT trust FROM dating.profiles WHERE name = 'Anna'"), "1")
        # Trusted by now: seen at once. The refused one, removed and sent again, is not.
        anna.press("ph:add")
        anna.send(photo=encoded(picture("Anna 3")))
        anna.has_states("shown refused shown")
        refused = self.town.sql("SELECT photo_id FROM dating.photos WHERE state = 'refused'")
        anna.press("ph:list")
        anna.press(f"ph:at:{refused}")
        anna.sees("Did not fit")
        anna.press(f"ph:ask:{refused}")
        anna.sees("Take this photo out")
        anna.press(f"ph:remove:{refused}")
        anna.has_states("shown shown")
        anna.press("ph:add")
        anna.send(photo=encoded(picture("Anna 2")))
        anna.has_states("shown shown waiting")
        maria.sees("refused before")

    def test_two_operators_decide_once(self):
        maria, pavel = self.operator("Maria"), self.operator("Pavel")
        anna = self.newcomer("Anna")
        maria.sees("Anna, 27")
        pavel.sees("Anna, 27")
        maria.press("op:photo:yes:")
        maria.sees("Anna: shown")
        maria.press("op:photo:yes:")
        anna.has_states("shown shown")
        pavel.sees("Shown · Maria")
        self.assertIsNone(pavel.button("op:photo:yes:"))
        self.assertEqual(self.town.sql("SELECT count(*) FROM dating.photos WHERE decided_by IS NOT NULL"), "2")

    def test_photos_on_their_way_survive_a_kill(self):
        anna = Photographed(self.town, "Anna")
        anna.register(27, 0, 1, photos=0)
        anna.say("/menu")
        anna.press("me:show")
        anna.press("ph:list")
        anna.sees("No photos yet")
        anna.press("ph:add")
        anna.sees("Send a photo")
        anna.send_album(1, 2, 3, 4, 5, 6)
        wait_until("the first of them", lambda: anna.states().startswith("waiting"), 60)
        self.town.kill()
        self.town.start()
        wait_until(f"all six\n{anna.seen()}", lambda: anna.states() == " ".join(["waiting"] * 6), 150)
        self.assertEqual(self.town.sql("SELECT count(DISTINCT blob_id) FROM dating.photos"), "6")
        self.assertEqual(self.town.sql("SELECT count(*) FROM dating.photo_inbox"), "0")
        self.assertEqual(self.files(), 12, "nothing half, nothing twice")

    def test_bad_pictures_are_answered_and_the_bot_goes_on(self):
        anna = self.newcomer("Anna")
        boris = Single(self.town, "Boris")
        for data, words in ((b"GIF89a" + b"\0" * 300, "no picture"), (picture("half")[:700], "broken"),
                            (picture("small", side=120), "Too small")):
            anna.send(document=encoded(data), mime_type="image/jpeg")
            anna.sees(words, 60)
        boris.start()
        boris.press("reg:agree:")
        self.assertEqual(anna.states(), "waiting waiting")

    def test_who_leaves_takes_the_files_along(self):
        anna = self.newcomer("Anna")
        self.assertEqual(self.files(), 4)
        anna.say("/menu")
        anna.press("me:show")
        anna.press("me:settings")
        anna.press("me:delete")
        anna.press("me:delete_yes")
        wait_until("no file is left", lambda: self.files() == 0, 60)
        self.assertEqual(self.town.sql("SELECT count(*) FROM dating.photos"), "0")


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2, warnings="ignore").result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} ok, {bad} failed")
    sys.exit(1 if bad else 0)
