#include "app/database.hpp"

#include "app/resources.hpp"
#include "platform/bots/installation.hpp"
#include "platform/log/log.hpp"

namespace tandem::app {

task<std::unique_ptr<database>> database::open(executor on, const settings& all, cluster_use how) {
  auto out = std::make_unique<database>();
  const data_folder folder(all);
  if (!all.database.empty()) {
    out->url_ = all.database;
  } else if (const auto running =
                 how == cluster_use::own ? std::nullopt : pg::running_cluster(folder.cluster())) {
    out->url_ = *running;
  } else {
    if (how == cluster_use::beside && !std::filesystem::exists(folder.cluster())) {
      throw std::runtime_error("there is no installation in " + all.data +
                               " yet: start `tandem up` first, or set data (TANDEM_DATA)");
    }
    pg::cluster_options options;
    options.folder = folder.cluster();
    const log::logger log("database");
    options.told = [log](std::string_view what) { log.info(what); };
    out->cluster_ = pg::make_cluster(on, std::move(options));
    co_await out->cluster_->start();
    out->url_ = out->cluster_->url();
  }
  pg::pool_options options;
  options.url = out->url_;
  options.session_url = all.database_session;
  options.connections = static_cast<int>(all.database_connections);
  options.prepared = all.database_prepared;
  out->pool_ = pg::make_pool(on, std::move(options));
  co_return out;
}

task<> database::close() {
  if (pool_) co_await pool_->close();
  if (cluster_) co_await cluster_->stop();
}

mode wanted_mode(const settings& all) { return all.is_real() ? mode::real : mode::sandbox; }

task<mode> claim_installation(pg::session& in, const settings& all, const seal::vault& secrets) {
  const auto wanted = wanted_mode(all);
  bots::installation first{wanted == mode::sandbox ? "sandbox" : "real", secrets.fingerprint()};
  const auto written = co_await bots::claim_installation(in, std::move(first));
  if (written.key_fingerprint != secrets.fingerprint()) {
    throw std::runtime_error("the key file " + data_folder(all).key().string() +
                             " does not belong to this database: put back the one from its backup");
  }
  if (written.mode == "sandbox" && wanted == mode::real) {
    throw std::runtime_error(
        "this data folder is a sandbox and stays one: its people and posts are pretended. Set data "
        "(TANDEM_DATA) to "
        "another folder for the real bot.");
  }
  if (written.mode == "real" && wanted == mode::sandbox) {
    throw std::runtime_error(
        "this data folder belongs to a real bot, but neither main_bot_token nor dating_bot_token is set: set "
        "it (TANDEM_MAIN_BOT_TOKEN), or set data (TANDEM_DATA) to another folder to try the sandbox.");
  }
  co_return wanted;
}

}  // namespace tandem::app
