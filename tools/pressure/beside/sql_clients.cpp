#include "tools/pressure/beside/sql_clients.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "tools/pressure/beside/sql_mix.h"
#include "tools/pressure/protocols/postgres_connection.h"

namespace tidemark::pressure {
namespace {

using load::Failure;

constexpr Time kTick = 20 * kMillisecond;
constexpr Time kBeforeNextTry = kSecond;

// What all clients share.
struct Work {
  Loop* loop = nullptr;
  Tally* tally = nullptr;
  std::string connection;
  std::size_t pipeline = 1;
  Time timeout = 0;
  SqlMix mix;
  std::vector<LabelId> labels;  // by entry
  std::vector<double> sums;     // of the weights up to and with each entry
  std::uint64_t sequence = 0;
};

// One connection and the entries that are under way on it.
class Client {
 public:
  Client(Work& work, std::uint64_t seed)
      : work_(&work),
        random_(seed),
        connection_(*work.loop, work.connection,
                    {.connected = [this] { prepare(); },
                     .readable = [this] { take_results(); },
                     .lost = [this](Failure why) { lost(why); }}) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { work_->loop->cancel(timer_); }

  void start() {
    connecting_since_ = work_->loop->refresh();
    under_way_.clear();
    holds_ = false;
    connection_.connect();
  }

  void expire(Time now) {
    if (!connection_.is_open()) return;
    const Time since = under_way_.empty() ? connecting_since_ : under_way_.front().sent;
    if (now - since < work_->timeout || (under_way_.empty() && connection_.is_connected())) return;
    connection_.close();
    lost(Failure::kTimeout);
  }

 private:
  static constexpr std::size_t kOurs = static_cast<std::size_t>(-1);  // no entry: our own

  struct Unit {
    std::size_t entry = kOurs;
    Time sent = 0;
    std::int64_t bytes = 0;
    Failure failure = Failure::kNone;
  };

  static std::string name_of(std::size_t entry, std::size_t statement) {
    return fmt::format("e{}s{}", entry, statement);
  }

  void prepare() {
    bool sent = libpq().enter_pipeline_mode(connection_.get()) == 1;
    const auto& entries = work_->mix.entries;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      for (std::size_t j = 0; j < entries[i].statements.size(); ++j) {
        sent = sent && libpq().send_prepare(connection_.get(), name_of(i, j).c_str(),
                                            entries[i].statements[j].text.c_str(), 0, nullptr) == 1;
      }
    }
    end_unit({.sent = work_->loop->refresh()}, sent);
    is_preparing_ = true;
  }

  void end_unit(const Unit& unit, bool sent) {
    under_way_.push_back(unit);
    connection_.flush(sent && libpq().pipeline_sync(connection_.get()) == 1 ? 1 : 0);
  }

  void send_more() {
    while (connection_.is_connected() && !holds_ && under_way_.size() < work_->pipeline) {
      const double drawn = random_.unit() * work_->sums.back();
      const auto place = std::ranges::upper_bound(work_->sums, drawn) - work_->sums.begin();
      send(std::min(static_cast<std::size_t>(place), work_->sums.size() - 1));
    }
  }

  void send(std::size_t place) {
    const SqlMix::Entry& entry = work_->mix.entries[place];
    load::Values values{.random = &random_, .sequence = &work_->sequence};
    values_.resize(std::max(values_.size(), entry.variables.size()));
    for (std::size_t i = 0; i < entry.variables.size(); ++i) {
      values_[i].clear();
      entry.variables[i].second.render(values_[i], values);
    }
    bool sent = true;
    for (std::size_t j = 0; j < entry.statements.size(); ++j) {
      pointers_.clear();
      for (const std::size_t i : entry.statements[j].parameters) {
        pointers_.push_back(values_[i].c_str());
      }
      sent = sent && libpq().send_query_prepared(connection_.get(), name_of(place, j).c_str(),
                                                 static_cast<int>(pointers_.size()),
                                                 pointers_.data(), nullptr, nullptr, 0) == 1;
    }
    holds_ = entry.is_transaction;
    end_unit({.entry = place, .sent = work_->loop->refresh()}, sent);
  }

  void take_results() {
    bool was_null = false;  // twice in a row: libpq has nothing more
    while (!under_way_.empty() && libpq().is_busy(connection_.get()) == 0) {
      const PostgresResult result(libpq().get_result(connection_.get()));
      if (result == nullptr && was_null) break;
      was_null = result == nullptr;
      if (was_null) continue;
      Unit& unit = under_way_.front();
      const ExecStatusType status = libpq().result_status(result.get());
      if (status == PGRES_PIPELINE_SYNC) {
        ended();
      } else if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) {
        connection_.close();  // it would go on for ever
        return lost(Failure::kStatus);
      } else if (status != PGRES_PIPELINE_ABORTED && unit.failure == Failure::kNone) {
        unit.failure = failure_of(result.get());
        unit.bytes += bytes_of(result.get());
      }
    }
    send_more();
  }

  // The front unit's last answer is there.
  void ended() {
    const Unit unit = under_way_.front();
    under_way_.pop_front();
    connection_.exchange_done();
    const bool failed = unit.failure != Failure::kNone;
    if (unit.entry == kOurs) {
      holds_ = false;
      if (failed && std::exchange(is_preparing_, false)) {
        connection_.close();
        return lost(unit.failure);
      }
      is_preparing_ = false;
      return;
    }
    const Tally::Moments moments{
        .intended = unit.sent, .sent = unit.sent, .done = work_->loop->refresh()};
    const LabelId label = work_->labels[unit.entry];
    if (!failed) {
      work_->tally->finished(label, moments, unit.bytes);
    } else {
      work_->tally->failed(label, moments, unit.failure);
    }
    if (!work_->mix.entries[unit.entry].is_transaction) return;
    holds_ = failed;  // until it is rolled back
    if (!failed) return;
    const int sent = libpq().send_query_params(connection_.get(), "rollback", 0, nullptr, nullptr,
                                               nullptr, nullptr, 0);
    end_unit({.sent = moments.done}, sent == 1);
  }

  // What was under way failed, or the connection did: it is tried again after a while.
  void lost(Failure failure) {
    const Time now = work_->loop->refresh();
    const std::vector<Unit> units(under_way_.begin(), under_way_.end());
    under_way_.clear();
    is_preparing_ = false;
    bool counted = false;
    for (const Unit& unit : units) {
      if (unit.entry == kOurs) continue;
      counted = true;
      work_->tally->failed(work_->labels[unit.entry],
                           {.intended = unit.sent, .sent = unit.sent, .done = now}, failure);
    }
    if (!counted) {
      work_->tally->failed(work_->labels.front(),
                           {.intended = connecting_since_, .sent = connecting_since_, .done = now},
                           failure);
    }
    timer_ = work_->loop->at(now + kBeforeNextTry, [this] { start(); });
  }

  Work* work_;
  load::Random random_;
  PostgresConnection connection_;
  std::deque<Unit> under_way_;
  std::vector<std::string> values_;
  std::vector<const char*> pointers_;
  Loop::TimerId timer_ = Loop::TimerId::kNone;
  Time connecting_since_ = 0;
  bool holds_ = false;  // nothing is sent until a transaction is over
  bool is_preparing_ = false;
};

}  // namespace

struct SqlClients::State {
  Work work;
  int count = 0;
  std::uint64_t seed = 1;
  std::deque<Client> clients;
  Loop::TimerId timer = Loop::TimerId::kNone;

  void tick() {
    for (Client& client : clients) client.expire(work.loop->now());
    timer = work.loop->at(work.loop->now() + kTick, [this] { tick(); });
  }
};

SqlClients::SqlClients(const BesideSetup& setup, const load::SqlClients& plan)
    : state_(std::make_unique<State>()) {
  const load::Target target{
      .text = plan.connection, .kind = load::Target::Kind::kPostgres, .prefix = plan.connection};
  require_ours(target, Addresses::of(target), setup.owned);
  state_->count = plan.clients;
  state_->seed = setup.seed;
  Work& work = state_->work;
  work.loop = setup.loop;
  work.tally = setup.tally;
  work.connection = plan.connection;
  work.pipeline = static_cast<std::size_t>(std::max(plan.pipeline, 1));
  work.timeout = setup.scenario->load.timeout.count();
  const File file = read_file(plan.file);
  work.mix = parse_sql_mix(file.input());
  double sum = 0;
  for (const SqlMix::Entry& entry : work.mix.entries) {
    work.sums.push_back(sum += entry.weight);
    work.labels.push_back(
        work.tally->label(entry.name.empty() ? setup.name : setup.name + "." + entry.name));
  }
}

SqlClients::~SqlClients() { stop(); }

void SqlClients::start() {
  for (int i = 0; i < state_->count; ++i) {
    state_->clients.emplace_back(state_->work, state_->seed + static_cast<std::uint64_t>(i));
    state_->clients.back().start();
  }
  state_->tick();
}

void SqlClients::stop() {
  state_->work.loop->cancel(state_->timer);
  state_->clients.clear();
}

}  // namespace tidemark::pressure
