#include "lib/http/answer_reader.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "lib/http/usual_head.h"

namespace tidemark::http {
namespace {

namespace beast = boost::beast;
using boost::beast::error_code;
using boost::beast::string_view;

struct Field {
  std::string name;
  std::string value;
};

// What the full parser keeps of an answer.
struct Kept {
  int status = 0;
  std::vector<Field> fields;
  std::string body;
  bool head_is_whole = false;  // of an answer that is not an interim one
};

class Parser : public beast::http::basic_parser<false> {
 public:
  Parser(const AnswerReader::Limits& limits, AnswerReader::Wanted wanted, Kept& kept)
      : wanted_(wanted), kept_(kept) {
    header_limit(static_cast<std::uint32_t>(limits.head));
    if (wanted.pieces != nullptr) {
      body_limit(boost::none);
    } else {
      body_limit(wanted.body ? limits.kept_body : limits.body);
    }
    skip(wanted.to_head);
    eager(true);
  }

 private:
  void on_request_impl(beast::http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int status, string_view, int, error_code&) override {
    kept_.status = status;
  }
  void on_field_impl(beast::http::field, string_view name, string_view value,
                     error_code&) override {
    if (wanted_.headers) kept_.fields.push_back({std::string(name), std::string(value)});
  }
  void on_header_impl(error_code&) override {
    kept_.head_is_whole = kept_.status >= 200 || kept_.status == 101;
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override {
    if (wanted_.pieces != nullptr) {
      (*wanted_.pieces)({body.data(), body.size()});
    } else if (wanted_.body) {
      kept_.body.append(body.data(), body.size());
    }
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code& error) override {
    return on_body_impl(body, error);
  }
  void on_finish_impl(error_code&) override {}

  AnswerReader::Wanted wanted_;
  Kept& kept_;
};

AnswerReader::State state_of(const error_code& error) {
  using Code = beast::http::error;
  if (error == Code::need_more) return AnswerReader::State::kMore;
  const bool too_long =
      error == Code::header_limit || error == Code::body_limit || error == Code::buffer_overflow;
  return too_long ? AnswerReader::State::kTooLong : AnswerReader::State::kGarbage;
}

// Beast looks at the first line when all of the head is there, which may be never.
bool may_be_answer(std::string_view begin) {
  constexpr std::string_view kVersion = "HTTP/1.";
  return kVersion.starts_with(begin.substr(0, kVersion.size()));
}

bool equal_in_any_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

// For every answer that is not the usual one.
struct AnswerReader::Full {
  std::optional<Parser> parser;
  Kept kept;
  std::string pending;      // what the parser could not use without what follows
  std::size_t interim = 0;  // bytes of interim answers
};

AnswerReader::AnswerReader() = default;
AnswerReader::AnswerReader(const Limits& limits) : limits_(limits) {}
AnswerReader::AnswerReader(AnswerReader&&) noexcept = default;
AnswerReader& AnswerReader::operator=(AnswerReader&&) noexcept = default;
AnswerReader::~AnswerReader() = default;

void AnswerReader::expect(Wanted wanted) {
  wanted_ = wanted;
  state_ = State::kMore;
  begun_ = false;
  in_full_ = false;
  in_body_ = false;
  whole_ = {};
  // Many connections, each with room for its largest answer, would be much.
  if (kept_.capacity() > 4096) kept_ = {};
  kept_.clear();
}

std::size_t AnswerReader::put(std::string_view bytes) {
  if (state_ != State::kMore || bytes.empty()) return 0;
  if (in_body_) return put_body(bytes);
  if (in_full_) return put_full(bytes);
  const bool first = !std::exchange(begun_, true);
  const std::optional<UsualHead> head =
      first && !wanted_.to_head && !wanted_.headers && wanted_.pieces == nullptr
          ? read_usual_head(bytes.substr(0, limits_.head))
          : std::nullopt;
  if (!head) {
    in_full_ = true;
    if (!full_) full_ = std::make_unique<Full>();
    full_->kept = {};
    full_->pending.clear();
    full_->interim = 0;
    full_->parser.emplace(limits_, wanted_, full_->kept);
    return put_full(bytes);
  }
  if (head->content_length > (wanted_.body ? limits_.kept_body : limits_.body)) {
    fail(State::kTooLong);
    return head->size;
  }
  status_ = head->status;
  keeps_alive_ = head->keeps_alive;
  left_ = head->content_length;
  in_body_ = true;
  return head->size + put_body(bytes.substr(head->size));
}

std::size_t AnswerReader::put_body(std::string_view bytes) {
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  left_ -= taken;
  if (left_ == 0) state_ = State::kDone;
  if (!wanted_.body) return taken;
  if (left_ == 0 && kept_.empty()) {
    whole_ = bytes.substr(0, taken);
  } else {
    kept_.append(bytes.substr(0, taken));
  }
  return taken;
}

std::size_t AnswerReader::put_full(std::string_view bytes) {
  std::string& pending = full_->pending;
  const bool cut = !pending.empty();
  if (cut) pending.append(bytes);
  std::string_view rest = cut ? std::string_view(pending) : bytes;
  while (state_ == State::kMore && advance(rest)) {
  }
  const std::size_t left = std::min(rest.size(), bytes.size());
  if (state_ == State::kMore && rest.size() > 2 * limits_.head) state_ = State::kTooLong;
  if (state_ != State::kMore) {
    pending = {};
    return bytes.size() - left;
  }
  pending = std::string(rest);
  return bytes.size();
}

// Takes what the full parser can use off `rest`; whether there may be more of that.
bool AnswerReader::advance(std::string_view& rest) {
  if (rest.empty()) return false;
  if (full_->kept.status == 0 && !may_be_answer(rest)) {
    state_ = State::kGarbage;
    return false;
  }
  error_code error;
  Parser& parser = *full_->parser;
  const std::size_t used = parser.put(boost::asio::buffer(rest.data(), rest.size()), error);
  rest.remove_prefix(used);
  if (error) {
    state_ = state_of(error);
    return false;
  }
  if (!parser.is_done()) return used > 0;
  status_ = full_->kept.status;
  if (status_ >= 200 || status_ == 101) {
    keeps_alive_ = parser.keep_alive();
    kept_ = std::move(full_->kept.body);
    state_ = State::kDone;
    return false;
  }
  full_->interim += used;
  if (full_->interim > limits_.head) state_ = State::kTooLong;
  full_->kept = {};
  full_->parser.emplace(limits_, wanted_, full_->kept);
  return true;
}

void AnswerReader::end() {
  if (state_ != State::kMore || !in_full_ || !full_->parser->got_some()) return;
  error_code error;
  full_->parser->put_eof(error);
  if (error || !full_->parser->is_done()) return;
  status_ = full_->kept.status;
  keeps_alive_ = false;
  kept_ = std::move(full_->kept.body);
  state_ = State::kDone;
}

int AnswerReader::full_status() const { return full_->kept.status; }

bool AnswerReader::has_head() const { return in_full_ && full_->kept.head_is_whole; }

std::string_view AnswerReader::header(std::string_view name) const {
  if (!in_full_) return {};
  const auto found = std::ranges::find_if(
      full_->kept.fields, [&](const Field& field) { return equal_in_any_case(field.name, name); });
  return found == full_->kept.fields.end() ? std::string_view() : std::string_view(found->value);
}

}  // namespace tidemark::http
