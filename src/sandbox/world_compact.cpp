// The journal written anew: what memory holds, in the journal's own lines, instead of all that led to it.
#include "sandbox/world.hpp"

namespace tandem::sandbox {

namespace {
// A chat that has more is a bench's; the newest stay.
constexpr std::size_t messages_kept = 1'000;
}  // namespace

void world::compact() {
  const auto prune = [](chat& in) {
    while (in.messages.size() > messages_kept) in.messages.erase(in.messages.begin());
    std::erase_if(in.pinned, [&](std::int64_t id) { return !in.messages.contains(id); });
  };
  for (auto& [id, one] : public_chats_) prune(*one);
  for (auto& [id, one] : bots_) {
    for (auto& [person, in] : one->chats) prune(*in);
  }
  journal.rewrite([this] {
    compact_who();
    for (const auto& [id, one] : public_chats_) compact_chat(*one);
    for (const auto& [id, one] : bots_) {
      for (const auto& [person, in] : one->chats) compact_chat(*in);
      compact_updates(*one);
    }
    for (const auto& id : query_order_) {
      const auto found = queries_.find(id);
      if (found == queries_.end()) continue;
      journal_line line("compacted");
      record_query(found->second, line);
      commit(line);
    }
  });
}

void world::compact_who() {
  journal_line line("compacted");
  for (const auto& [id, one] : people_) person_json(line.item("people"), one);
  for (const auto& [id, one] : bots_) {
    bot_record(line.item("bots"), *one);
    fields(line.item("counters"))
        .number("bot", id)
        .number("message_id", one->last_message_id)
        .number("update_id", one->last_update_id);
    for (const auto& [person, now] : one->members) record_member(*one, person, now, line);
  }
  for (const auto& [id, one] : public_chats_) chat_record(line.item("chats"), *one, false);
  for (const auto& [unique, one] : files_) record_file(one, line);
  set_limits(limits_, line);
  set_clock(product_.offset(), line);
  if (seeded_) mark_seeded(line);
  commit(line);
}

void world::compact_chat(const chat& in) {
  if (in.last_id == 0 && in.read.empty()) return;
  journal_line line("compacted");
  line.concerns(in);
  for (const auto& [id, one] : in.messages) {
    record_message(in, one, line, 0);
    if (one.seen) line.item("seen") += std::to_string(id);
  }
  line.raw("last_id", std::to_string(in.last_id));
  if (!in.keyboard.empty()) line.raw("shown_keyboard", in.keyboard);
  if (!in.pinned.empty()) {
    auto& list = line.begin("pinned");
    append_json_list(list, in.pinned, [&](std::int64_t id) { list += std::to_string(id); });
  }
  for (const auto& [person, upto] : in.read)
    fields(line.item("reads")).number("person", person).number("message_id", upto);
  commit(line);
}

void world::compact_updates(const bot& of) {
  if (of.updates.empty()) return;
  journal_line line("compacted");
  line.bot_id = of.id;
  for (const auto& one : of.updates) record_update(of.id, one, line);
  commit(line);
}

}  // namespace tandem::sandbox
