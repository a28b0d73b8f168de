#pragma once
#include <map>
#include <set>

#include "async/scope.hpp"
#include "hunt/bot/parts.hpp"

namespace tandem::hunt::bot {

// What goes on around the operator's chat after a press: the card of a reported vacancy in each of these
// chats, the outcome to those who reported. All of it lies in the database, so
// that catch_up() ends what a killed process began; begin_…() do the same at once, in the background.
class operator_desk {
 public:
  // The parts and the scope must outlive it.
  operator_desk(const parts& with, async::scope& background) : with_(with), background_(background) {}

  void begin_show(vacancy_id what);
  void begin_follow_up();

  // Posts the card of the vacancy, or edits it where it shows something else than the database says.
  task<> show(vacancy_id what);
  task<> tell_outcomes();
  async::scope& background() const { return background_; }
  // For the scheduler, every minute.
  task<> catch_up();

 private:
  task<> show_once(vacancy_id what);
  task<> tell_some(bool& more);

  const parts& with_;
  async::scope& background_;
  std::map<vacancy_id, bool> showing_;  // true: asked for again meanwhile
};

}  // namespace tandem::hunt::bot
