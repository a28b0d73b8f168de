#pragma once
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "app/roles.hpp"
#include "app/settings.hpp"

// The commands of the program: each returns the exit code. 0 is success; 1 is "no", told on the error stream
// with what to do; a broken environment throws and is told by main().
namespace tandem::app {

int show_roles(std::ostream& out);
int check_config(const settings& all, std::ostream& out);
int print_config(settings all, std::ostream& out);
int migrate(const settings& all, std::ostream& out);
int run_roles(const settings& all, std::vector<role> roles, std::ostream& out);
int doctor(const settings& all, std::ostream& out);
// Null: by the local judge alone.
int classify(std::istream& in, std::ostream& out, const settings* with_model);
int replay(const std::string& profiles_file, const std::string& showings_file, std::ostream& out);
int list_coefficients(const settings& all, std::ostream& out);
int use_coefficients(const settings& all, int version, std::ostream& out);
int refit_coefficients(const settings& all, std::ostream& out);
// `user`: a Telegram id, or @username of somebody with a profile. `kind`: premium or boost.
int grant_right(const settings& all, const std::string& user, const std::string& kind, int days,
                std::ostream& out);
int backup(const settings& all, const std::string& target, std::ostream& out);
int restore(const settings& all, const std::string& source, std::ostream& out);
int create_operator_code(const settings& all, std::ostream& out);

int list_prompts(const settings& all, std::ostream& out);
int show_prompt(const settings& all, std::optional<int> version, std::ostream& out);
int add_prompt(const settings& all, const std::string& file, std::ostream& out);
int try_prompt(const settings& all, int version, int limit, std::ostream& out);
int publish_prompt(const settings& all, int version, bool force, std::ostream& out);
int list_models(const settings& all, std::ostream& out);
int train_model(const settings& all, std::ostream& out);
int use_model(const settings& all, const std::string& version, std::ostream& out);
// The child of train_model and of the nightly job.
int learn_as_child(const std::string& folder);

int add_bot(const settings& all, const std::string& token, const std::string& category, std::ostream& out);
int list_bots(const settings& all, std::ostream& out);
int remove_bot(const settings& all, std::int64_t bot_id, std::ostream& out);

// One source, or those of a list; `again`: also one that was taken down.
int add_source(const settings& all, const std::string& name, const std::string& list_file,
               const std::string& rules_file, bool skip_bad, bool again, std::ostream& out);
int list_sources(const settings& all, std::ostream& out);
int pause_source(const settings& all, const std::string& name, bool paused, std::ostream& out);
int take_down_source(const settings& all, const std::string& name, bool sure, std::ostream& out);
int try_source(const settings& all, const std::string& name, const std::string& rules_file,
               std::ostream& out);
int try_rules(const settings& all, const std::string& source, const std::string& rules_file, int days,
              bool all_lines, std::ostream& out);
int import_export(const settings& all, const std::string& file, const std::string& source, std::ostream& out);

int log_in_reader(const settings& all, const std::string& name, std::ostream& out);
int list_readers(const settings& all, std::ostream& out);
int log_out_reader(const settings& all, const std::string& name, std::ostream& out);
int pause_reader(const settings& all, const std::string& name, bool paused, std::ostream& out);
int add_reader_source(const settings& all, const std::string& name, const std::string& rules_file,
                      std::ostream& out);

// An empty lane: all of them.
int show_dead_letters(const settings& all, const std::string& lane, int limit, std::ostream& out);
// No ids: all of the lane.
int replay_dead_letters(const settings& all, const std::string& lane, const std::vector<std::int64_t>& ids,
                        std::ostream& out);
// `user`: a Telegram id, or @username.
int show_journal(const settings& all, const std::string& user, int limit, std::ostream& out);

int set_log_level(const settings& all, const std::string& room, const std::string& level, std::ostream& out);

}  // namespace tandem::app
