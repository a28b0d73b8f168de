// What goes on around photos outside of any turn: fetching and preparing what people have sent, and the card
// of the moderation queue in the operator's chats. All of it lies in the database, so that catch_up() ends
// what a killed process began; begin_…() do the same at once, in the background.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>

#include "async/keyed_order.hpp"
#include "base/clock.hpp"
#include "dating/photos/photos.hpp"
#include "platform/telegram/api.hpp"

namespace tandem::dating::bot {

struct parts;
struct arrival_facts;

telegram::input_file to_jpeg_file(const images::bytes& from);

class photo_intake {
 public:
  photo_intake();
  ~photo_intake();

  // Something of this person is in the inbox, or was not taken (`answer`): looks at it, and tells in one
  // message for all that comes together (an album). `parts` outlive their scope's tasks.
  void begin(const parts& with, user_id who, std::int64_t chat_id, receipt answer);
  // For the scheduler, every minute: what was put off, what a killed process has left, the operator's cards.
  task<> catch_up(const parts& with);

  // Brings the cards of the moderation queue up to date.
  void begin_desk(const parts& with);
  task<> show_desk(const parts& with);

  std::string figure_file;  // file_id of the drawn figure, in this bot

 private:
  struct visit;
  task<> look(const parts& with, user_id who);
  task<> look_at_one(const parts& with, visit& of, inbox_photo what);
  task<> add(const parts& with, visit& of, inbox_photo what, images::bytes picture);
  static task<> put_off(const parts& with, visit& of, inbox_photo what);
  task<> tell(const parts& with, user_id who, visit& of, bool looking);
  task<> show_desk_once(const parts& with);
  async::keyed_order& order(const parts& with);

  std::unique_ptr<async::keyed_order> order_;  // of one person one after another, of some people at once
  std::map<user_id, std::unique_ptr<visit>> visits_;
  // The store has just failed: until then nobody's photo is tried, and everybody gets their answer at once.
  instant store_rests_until_;
  bool desk_shown_ = false, desk_again_ = false;
};

}  // namespace tandem::dating::bot
