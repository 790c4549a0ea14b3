#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace tidemark {

// What SQLite says went wrong, for those who can do something about it.
class DatabaseError : public Error {
 public:
  // `code`: SQLite's extended result code.
  DatabaseError(const std::string& message, int code) : Error(message), code_(code) {}

  bool busy() const;      // another process holds it; later it may work
  bool damaged() const;   // it is no SQLite file, or not a whole one
  bool kept_out() const;  // may not be opened or written here

 private:
  int code_;
};

// The one door to SQLite. Errors become DatabaseError, with the file's name.
class Database {
 public:
  enum class Access : std::uint8_t {
    kRead,
    kReadImmutable,  // nobody writes it, and its directory may be read-only
    kReadShared,     // others write it; what the log of a dead writer holds is taken in if allowed
    kWrite,
  };
  Database(const std::filesystem::path& path, Access access);

  // How long to wait for another process that writes; a second if not called.
  void wait_for_others(std::chrono::milliseconds most);

  // Runs statements without results.
  void run(const char* sql);

  // The first column of the first row, 0 without one.
  std::int64_t number(const char* sql);

  bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

 private:
  friend class Statement;
  [[noreturn]] void fail() const;
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::string name_;
  std::unique_ptr<sqlite3, Close> handle_;
};

// A prepared statement: bind, then step until false; reset to run it again.
// The Database must outlive it.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  Statement& bind(int place, std::int64_t value);
  Statement& bind(int place, double value);
  Statement& bind(int place, std::string_view value);
  Statement& bind_bytes(int place, std::string_view bytes);  // as a BLOB
  bool step();                                               // whether there is a row
  void reset();
  std::int64_t number(int column) const;
  double real(int column) const;  // not a number where there is none
  std::string text(int column) const;
  std::string_view bytes(int column) const;  // of a BLOB; valid until the next step()

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace tidemark
