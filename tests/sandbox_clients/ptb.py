"""python-telegram-bot 13.15 against the sandbox: usage: ptb.py http://127.0.0.1:PORT"""
import base64
import io
import json
import logging
import socket
import struct
import sys
import time
import urllib.error
import urllib.request
import warnings
import zlib

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
import telegram  # noqa: E402
from telegram.error import BadRequest, Conflict, RetryAfter, Unauthorized  # noqa: E402
from telegram.ext import CallbackQueryHandler, CommandHandler, Filters, MessageHandler, Updater  # noqa: E402

ROOT = sys.argv[1]
passed = failed = 0


def check(name, holds, seen=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"not ok {name}: {seen}")


def control(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{ROOT}/sandbox/v1{path}", data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = (b"\0" + b"\x80" * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def error_of(call, kind):
    try:
        call()
    except kind as error:
        return error
    return None


me = control("POST", "/bots", {"username": f"ptb_{int(time.time() * 1000) % 10**9}_bot", "title": "PTB"})
anna = control("POST", "/people", {"first_name": "Anna"})
control("PUT", "/limits", {"enabled": False})


def history():
    return [view["message"] for view in control("GET", f"/messages?chat={me['id']}:{anna['id']}&limit=100")["views"]]


def say(text):
    return control("POST", "/messages", {"person": anna["id"], "bot": me["id"], "text": text})


control("POST", "/messages", {"person": anna["id"], "bot": me["id"], "start": "ref_1"})
bot = telegram.Bot(me["token"], base_url=ROOT + "/bot", base_file_url=ROOT + "/file/bot")
check("getMe works", bot.get_me().username == me["username"])

updater = Updater(bot=bot)
seen = {}


def on_start(update, context):
    update.message.reply_text(f"started with {context.args[0]}")


def on_text(update, context):
    keyboard = telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton("Go", callback_data="go")]])
    seen["sent"] = update.message.reply_text(f"<b>{update.message.text}</b>", parse_mode="HTML", reply_markup=keyboard)


def on_press(update, context):
    update.callback_query.answer("going", show_alert=True)
    update.callback_query.edit_message_text("went")


def on_photo(update, context):
    into = io.BytesIO()
    update.message.photo[-1].get_file().download(out=into)
    seen["photo"] = into.getvalue()


updater.dispatcher.add_handler(CommandHandler("start", on_start))
updater.dispatcher.add_handler(CallbackQueryHandler(on_press))
updater.dispatcher.add_handler(MessageHandler(Filters.photo, on_photo))
updater.dispatcher.add_handler(MessageHandler(Filters.text, on_text))
updater.start_polling(poll_interval=0, timeout=5)
check("a deep link's payload comes", until(lambda: any(m.get("text") == "started with ref_1" for m in history())))
say("word")
check("an answer comes", until(lambda: "sent" in seen) and seen["sent"].text == "word", seen)
press = control("POST", "/presses", {"person": anna["id"], "bot": me["id"], "message_id": seen["sent"].message_id,
                                     "text": "Go", "wait_s": 10})
check("the press is answered", press["answer"]["text"] == "going" and press["answer"]["show_alert"], press)
check("the message is edited", until(lambda: any(m.get("text") == "went" and m.get("edit_date") for m in history())))
picture = png(21, 12)
control("POST", "/messages", {"person": anna["id"], "bot": me["id"], "photo": base64.b64encode(picture).decode()})
check("a person's photo is downloaded", until(lambda: seen.get("photo") == picture))

photo = bot.send_photo(anna["id"], picture, caption="*cap*", parse_mode="Markdown")
check("a photo is sent", photo.photo[-1].width == 21 and photo.caption == "cap", photo)
album = bot.send_media_group(anna["id"], [telegram.InputMediaPhoto(png(4, 4), caption="a"),
                                          telegram.InputMediaPhoto(photo.photo[-1].file_id)])
check("an album is sent", len(album) == 2 and album[0].media_group_id == album[1].media_group_id, album)
paper = bot.send_document(anna["id"], io.BytesIO(b"bytes"), filename="файл.txt")
check("a document keeps its name", paper.document.file_name == "файл.txt", paper.document)
text = bot.send_message(anna["id"], "x", disable_notification=True)
check("a message is edited", bot.edit_message_text("y", anna["id"], text.message_id).text == "y")
check("a caption is edited", bot.edit_message_caption(anna["id"], photo.message_id, caption="z").caption == "z")
check("a message is deleted", bot.delete_message(anna["id"], text.message_id))
check("commands are kept", bot.set_my_commands([("start", "Begin")]) and bot.get_my_commands()[0].command == "start")
check("profile photos are none", bot.get_user_profile_photos(anna["id"]).total_count == 0)
check("a member is told", bot.get_chat_member(anna["id"], anna["id"]).status == "member")

error = error_of(lambda: bot.send_message(anna["id"], "a.b", parse_mode="MarkdownV2"), BadRequest)
check("broken MarkdownV2 is refused", error and "character '.' is reserved" in str(error), error)
control("POST", "/faults", {"kind": "429", "bot": me["id"], "method": "sendMessage", "retry_after": 3, "count": 1})
error = error_of(lambda: bot.send_message(anna["id"], "x"), RetryAfter)
check("429 is told", error and error.retry_after == 3, error)
control("PUT", f"/people/{anna['id']}/bots/{me['id']}", {"blocked": True})
error = error_of(lambda: bot.send_message(anna["id"], "x"), Unauthorized)
check("a blocked bot gets 403", error and "bot was blocked by the user" in str(error), error)

# A second poller takes the place of the one that waits, which meets 409 and goes on.
second = telegram.Bot(me["token"], base_url=ROOT + "/bot")
check("a second poller is served", error_of(lambda: second.get_updates(timeout=0), Conflict) is None)
conflicts = control("GET", f"/bots/{me['id']}")
# The first one may be between two of its questions just then: asked until it is not.
check("the first one meets 409", until(lambda: error_of(lambda: second.get_updates(timeout=0), Conflict) is None and
                                       control("GET", f"/bots/{me['id']}")["refused"].get("409", 0) >= 1), conflicts)
began = time.monotonic()
updater.stop()
check("polling stops", time.monotonic() - began < 15 and not updater.running)

# webhook
updater = Updater(bot=telegram.Bot(me["token"], base_url=ROOT + "/bot"))
updater.dispatcher.add_handler(MessageHandler(Filters.text & ~Filters.command, lambda u, c: u.message.reply_text("hook " + u.message.text)))
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
updater.start_webhook(listen="127.0.0.1", port=port, url_path="hook", webhook_url=f"http://127.0.0.1:{port}/hook", drop_pending_updates=True)
control("POST", "/messages", {"person": anna["id"], "bot": me["id"], "start": ""})
say("ring")
check("the webhook answers", until(lambda: any(m.get("text") == "hook ring" for m in history())))
check("the webhook is told", updater.bot.get_webhook_info().url.endswith("/hook"))
updater.stop()
updater.bot.delete_webhook()
check("the webhook stops", updater.bot.get_webhook_info().url == "")
control("PUT", "/limits", {"enabled": True})
print(f"python-telegram-bot: {passed} ok, {failed} failed")
sys.stdout.flush()
sys.exit(1 if failed else 0)
