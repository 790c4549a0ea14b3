#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/load/scenario.h"
#include "tools/pressure/engine/beside.h"

namespace tidemark::pressure {

// Clients that change files, for services that watch directories; a kind of client beside
// the mix (beside.h). All that they write is in one fresh directory inside the plan's,
// which is removed with it.
//
// Labels: NAME.write and others (coding, refactor, git say which), NAME.visible of the
// probe. The gauge is handed NAME.queue.
//
//   FileClients clients(setup, plan);   makes the directory: before the target starts
//   clients.prove(give_up);             when it is ready
//   clients.start();  ...  clients.stop();
class FileClients {
 public:
  // Throws UsageError or Error. REQUIRES: setup.custodian.
  FileClients(BesideSetup setup, const load::FileClients& plan);
  FileClients(const FileClients&) = delete;
  FileClients& operator=(const FileClients&) = delete;
  ~FileClients();

  // That the probe works and the queue can be read: asks the target, for at
  // most `limit`. Throws Error that says what does not.
  void prove(const std::function<bool()>& give_up, load::Duration limit = std::chrono::seconds(30));

  void start();
  void stop();

  // Where they write.
  const std::string& directory() const;

  // For people: what lies around from runs that were killed, what went wrong first.
  std::vector<std::string> notes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tidemark::pressure
