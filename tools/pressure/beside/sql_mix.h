#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/file.h"
#include "lib/load/template.h"

namespace tidemark::pressure {

// What SQL clients do, as their file says it:
//
//   -- weight: 60 name: look
//   :aid = ${int:1..100000}
//   select abalance from pgbench_accounts where aid = :aid;
//
//   -- weight: 40 name: pay
//   :aid = ${int:1..100000}
//   :delta = ${int:-5000..5000}
//   begin;
//   update pgbench_accounts set abalance = abalance + :delta where aid = :aid;
//   insert into pgbench_history (aid, delta, mtime) values (:aid, :delta, now());
//   commit;
//
// A line with a weight or a name begins an entry, which is one piece of work: its
// statements, each ended by ';', in order. Lines ":name = template" are drawn anew each
// time; ":name" in a statement is a parameter of the prepared statement, not text. A file
// without such lines is one entry without a name. Other comments, strings and quoted
// names are SQL's, and nothing is looked for in them.
struct SqlMix {
  struct Statement {
    std::string text;                     // with $1, $2, ... for variables
    std::vector<std::size_t> parameters;  // by place in the entry's variables
  };
  struct Entry {
    std::string name;
    double weight = 1;
    std::vector<std::pair<std::string, load::Template>> variables;
    std::vector<Statement> statements;
    bool is_transaction = false;  // begins with "begin" or "start", ends with its end
  };
  std::vector<Entry> entries;  // at least one
};

// Throws UsageError with file and line.
SqlMix parse_sql_mix(const Input& input);

}  // namespace tidemark::pressure
