#include "tools/pressure/protocols/redis.h"

#include <fmt/format.h>
#include <hiredis/read.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "tools/pressure/protocols/reply.h"

namespace tidemark::pressure {
namespace {

using load::Failure;

// Longer ones are rendered each time: every connection has these.
constexpr std::size_t kLongestFixed = 4096;

void append_word(std::string& out, std::string_view word) {
  fmt::format_to(std::back_inserter(out), FMT_STRING("${}\r\n"), word.size());
  out += word;
  out += "\r\n";
}

void append_count(std::string& out, std::size_t words) {
  fmt::format_to(std::back_inserter(out), FMT_STRING("*{}\r\n"), words);
}

const load::RedisCommand& command_of(const Call& call) {
  return std::get<load::RedisCommand>(call.request->action);
}

bool is_fixed(const load::RedisCommand& command) {
  return std::ranges::all_of(command.words,
                             [](const load::Template& word) { return word.is_fixed(); });
}

std::size_t unread(const redisReader& reader) { return reader.len - reader.pos; }

}  // namespace

void RedisClient::FreeReader::operator()(redisReader* reader) const { redisReaderFree(reader); }

RedisClient::RedisClient(const ClientContext& context, Finished finished)
    : context_(context),
      finished_(std::move(finished)),
      transport_(context,
                 {.readable = [this] { read(); }, .lost = [this](Failure why) { lost(why); }}),
      pending_(static_cast<std::size_t>(context.load->pipeline)) {}

RedisClient::~RedisClient() = default;

void RedisClient::begin(const Call& call) {
  if (!transport_.is_open()) connect();
  pending_.push({.call = call, .since = context_.loop->now()});
  render(call);
  if (is_reading_) return;  // goes out with what else is begun now
  transport_.write(out_);
  out_.clear();
}

void RedisClient::connect() {
  ++epoch_;
  reader_.reset(redisReaderCreateWithFunctions(nullptr));
  reader_->privdata = &reply_;
  received_ = 0;
  consumed_ = 0;
  greetings_ = 0;
  in_answer_ = false;
  out_.clear();
  transport_.open();
  const load::Target& target = *context_.target;
  if (!target.password.empty()) {
    append_count(out_, target.user.empty() ? 2 : 3);
    append_word(out_, "AUTH");
    if (!target.user.empty()) append_word(out_, target.user);
    append_word(out_, target.password);
    ++greetings_;
  }
  if (target.prefix.size() > 1) {
    append_count(out_, 2);
    append_word(out_, "SELECT");
    append_word(out_, std::string_view(target.prefix).substr(1));
    ++greetings_;
  }
}

void RedisClient::render(const Call& call) {
  const auto known =
      std::ranges::find(fixed_, call.request, [](const auto& entry) { return entry.first; });
  if (known != fixed_.end()) {
    out_ += known->second;
    return;
  }
  const load::RedisCommand& command = command_of(call);
  const std::size_t before = out_.size();
  append_count(out_, command.words.size());
  for (const load::Template& word : command.words) {
    word_.clear();
    word.render(word_, *call.values);
    append_word(out_, word_);
  }
  if (out_.size() - before <= kLongestFixed && is_fixed(command)) {
    fixed_.emplace_back(call.request, out_.substr(before));
  }
}

void RedisClient::read() {
  std::array<char, 16384> room;
  const std::size_t count = transport_.read(room.data(), room.size());
  if (count == 0) return;
  read_at_ = context_.loop->refresh();
  received_ += static_cast<std::int64_t>(count);
  redisReaderFeed(reader_.get(), room.data(), count);
  is_reading_ = true;
  take_answers();
  is_reading_ = false;
  if (transport_.is_open() && !out_.empty()) transport_.write(out_);
  out_.clear();
}

void RedisClient::take_answers() {
  const std::uint64_t epoch = epoch_;  // an owner that hears of an answer may begin anew
  while (epoch == epoch_ && transport_.is_open() && unread(*reader_) > 0 && take_answer()) {
  }
}

// Whether there may be another one behind it: not when it is not whole yet, nor when it ends
// the connection.
bool RedisClient::take_answer() {
  const auto end_with = [this](Failure failure) {
    drop(failure);
    return false;
  };
  if (greetings_ == 0 && pending_.empty()) return end_with(Failure::kGarbage);  // nobody asked
  begin_answer();
  void* reply = nullptr;
  if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
    return end_with(Failure::kGarbage);
  }
  if (reply == nullptr) return is_too_long() && end_with(Failure::kTooLong);
  in_answer_ = false;
  const std::int64_t before = consumed_;
  consumed_ = received_ - static_cast<std::int64_t>(unread(*reader_));
  const bool is_error = is_error_reply(reply);
  if (greetings_ > 0) {
    if (is_error) return end_with(Failure::kStatus);
    --greetings_;
    return true;
  }
  answered({.failure = is_error ? Failure::kStatus : Failure::kNone,
            .done = read_at_,
            .bytes = consumed_ - before});
  return true;
}

// How the reader goes about the answer that begins now.
void RedisClient::begin_answer() {
  if (std::exchange(in_answer_, true)) return;
  const bool inside = greetings_ == 0 && looks_inside(*pending_.front().call.request);
  reader_->fn = inside ? RedisReply::functions() : nullptr;
  reply_.clear();
}

// Without functions, hiredis gives the type in place of an object.
bool RedisClient::is_error_reply(const void* reply) const {
  if (reader_->fn != nullptr) return reply_.is_error();
  return reinterpret_cast<std::uintptr_t>(reply) == REDIS_REPLY_ERROR;
}

void RedisClient::answered(Outcome outcome) {
  const Call call = pending_.pop().call;
  if (outcome.failure == Failure::kNone && reader_->fn != nullptr) {
    const auto at = [this](std::string_view pointer) { return reply_.at(pointer); };
    outcome.failure = check_reply(*call.request, {.text = reply_.text(), .at = at}, *call.values);
  }
  finished_(call.ticket, outcome);
}

// The part that is there is kept until the answer is whole, so it must end; hiredis bounds
// how deep arrays may be.
bool RedisClient::is_too_long() const {
  const std::string_view rest(reader_->buf + reader_->pos, unread(*reader_));
  const std::int64_t answer = received_ - consumed_;
  if (answer > static_cast<std::int64_t>(kLongestAnswer)) return true;
  if (rest.size() <= kLongestLine) return false;
  return rest.substr(0, kLongestLine).find("\r\n") == std::string_view::npos;
}

void RedisClient::lost(Failure failure) {
  drop(failure == Failure::kNone ? Failure::kClosed : failure);
}

void RedisClient::drop(Failure failure) {
  transport_.close();
  reader_.reset();
  in_answer_ = false;
  reply_.clear();
  pending_.fail_all(failure, context_.loop->refresh(), context_.load->timeout.count(), finished_);
}

void RedisClient::expire(Time now) {
  if (pending_.empty() || now - pending_.front().since < context_.load->timeout.count()) return;
  drop(Failure::kClosed);  // the answers of those behind it are lost
}

void RedisClient::close() { drop(Failure::kClosed); }

}  // namespace tidemark::pressure
