#include "lib/run/sqlite.h"

#include <fmt/format.h>

#include <limits>

namespace tidemark {
namespace {

// How long to wait for another process that writes.
constexpr int kBusyMs = 1000;

// A path as an SQLite URI: what has a meaning there is escaped.
std::string uri_of(const std::filesystem::path& path, bool immutable) {
  std::string uri = "file:";
  const std::filesystem::path whole = std::filesystem::absolute(path);
  for (const char c : whole.native()) {
    if (c == '?' || c == '#' || c == '%') {
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return immutable ? uri + "?immutable=1" : uri;
}

}  // namespace

bool DatabaseError::busy() const {
  const int kind = code_ & 0xff;
  // SQLITE_PROTOCOL: many began at once, and none got through.
  return kind == SQLITE_BUSY || kind == SQLITE_LOCKED || kind == SQLITE_PROTOCOL;
}

bool DatabaseError::damaged() const {
  const int kind = code_ & 0xff;
  return kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_FORMAT ||
         code_ == SQLITE_IOERR_SHORT_READ;
}

bool DatabaseError::kept_out() const {
  const int kind = code_ & 0xff;
  return kind == SQLITE_CANTOPEN || kind == SQLITE_READONLY || kind == SQLITE_PERM;
}

Database::Database(const std::filesystem::path& path, Access access) : name_(path.string()) {
  int flags = SQLITE_OPEN_READONLY;
  if (access == Access::kWrite) flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  // SQLite opens it for reading only where writing is not allowed.
  if (access == Access::kReadShared) flags = SQLITE_OPEN_READWRITE;
  sqlite3* handle = nullptr;
  const std::string uri = uri_of(path, access == Access::kReadImmutable);
  const int result =
      sqlite3_open_v2(uri.c_str(), &handle, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  sqlite3_extended_result_codes(handle, 1);
  if (result != SQLITE_OK) fail();
  sqlite3_busy_timeout(handle, kBusyMs);
  // The file may come from anywhere: no trust in its schema.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
}

void Database::fail() const {
  throw DatabaseError(fmt::format("{}: {}", name_, sqlite3_errmsg(handle_.get())),
                      sqlite3_extended_errcode(handle_.get()));
}

void Database::wait_for_others(std::chrono::milliseconds most) {
  sqlite3_busy_timeout(handle_.get(), static_cast<int>(most.count()));
}

void Database::run(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

std::int64_t Database::number(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.number(0) : 0;
}

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
  sqlite3_stmt* handle = nullptr;
  if (sqlite3_prepare_v2(database.handle_.get(), sql.data(), static_cast<int>(sql.size()), &handle,
                         nullptr) != SQLITE_OK) {
    database.fail();
  }
  handle_.reset(handle);
}

Statement& Statement::bind(int place, std::int64_t value) {
  if (sqlite3_bind_int64(handle_.get(), place, value) != SQLITE_OK) database_.fail();
  return *this;
}

Statement& Statement::bind(int place, double value) {
  if (sqlite3_bind_double(handle_.get(), place, value) != SQLITE_OK) database_.fail();
  return *this;
}

Statement& Statement::bind(int place, std::string_view value) {
  if (sqlite3_bind_text64(handle_.get(), place, value.data(), value.size(), SQLITE_TRANSIENT,
                          SQLITE_UTF8) != SQLITE_OK) {
    database_.fail();
  }
  return *this;
}

Statement& Statement::bind_bytes(int place, std::string_view bytes) {
  if (sqlite3_bind_blob64(handle_.get(), place, bytes.data(), bytes.size(), SQLITE_TRANSIENT) !=
      SQLITE_OK) {
    database_.fail();
  }
  return *this;
}

bool Statement::step() {
  const int result = sqlite3_step(handle_.get());
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) database_.fail();
  return false;
}

void Statement::reset() { sqlite3_reset(handle_.get()); }

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

double Statement::real(int column) const {
  // SQLite keeps what is not a number as NULL.
  if (sqlite3_column_type(handle_.get(), column) == SQLITE_NULL) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return sqlite3_column_double(handle_.get(), column);
}

std::string Statement::text(int column) const {
  const unsigned char* const text = sqlite3_column_text(handle_.get(), column);
  if (text == nullptr) return "";
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return {reinterpret_cast<const char*>(text), size};
}

std::string_view Statement::bytes(int column) const {
  const void* const bytes = sqlite3_column_blob(handle_.get(), column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

}  // namespace tidemark
