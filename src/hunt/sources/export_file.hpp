#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hunt/posts/channel_post.hpp"

namespace tandem::hunt {

// The chat that a message of an export stands in.
struct exported_chat {
  std::string name, type;  // as the export has them: public_channel, private_group, personal_chat …
  std::int64_t id = 0;     // bare: without the Bot API's -100; 0: not told
  bool is_private() const { return type.starts_with("private_"); }
  // Talk between two people, or with a bot: nothing for us.
  bool is_personal() const {
    return type == "personal_chat" || type == "bot_chat" || type == "saved_messages" || type == "replies";
  }
};

struct exported_message {
  std::size_t chat = 0;  // its place in export_counts::chats
  channel_post post;
};

struct export_counts {
  std::vector<exported_chat> chats;
  std::int64_t messages = 0;  // handed out
  std::int64_t service = 0, without_text = 0, personal = 0;
  std::int64_t unreadable = 0;                // no id or date, or of the wrong type
  std::int64_t cut = 0;                       // texts that were longer than we keep
  std::vector<std::string> first_unreadable;  // what was wrong with the first ten, and where
};

struct export_limits {
  std::size_t text = 16 << 10;  // bytes of one post's text; the rest is cut (Telegram's own limit is lower)
  std::size_t links = 64;
  std::size_t value = 4 << 10;  // bytes of any other text
  std::size_t chats = 100'000;  // more is no account's export: the reading ends
  std::size_t depth = 256;      // of nesting
};

// Reads result.json of Telegram Desktop bit by bit: an export of one chat or of a whole account. The
// structure comes from the writer in tdesktop (export_output_json.cpp), which also writes \xNN for control
// characters and so no JSON. However large the file is, memory is a few kilobytes, the names of the chats and
// the messages not taken yet; any bytes are safe. What is wrong inside of a message costs that message; what
// breaks the structure ends the reading, and what came before it has been handed out.
class export_reader {
 public:
  static std::unique_ptr<export_reader> make(const export_limits& limits = {});
  virtual ~export_reader() = default;
  // False: the structure is broken, see error(); nothing more is read.
  virtual bool feed(std::string_view bytes) = 0;
  // The end of the file; false if it ends in the middle.
  virtual bool finish() = 0;
  // The messages that came since the last call.
  virtual std::vector<exported_message> take() = 0;
  virtual const export_counts& counts() const = 0;
  // What is wrong with the file, and at which byte; "" while nothing is.
  virtual const std::string& error() const = 0;
};

}  // namespace tandem::hunt
