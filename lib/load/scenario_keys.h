#pragma once

#include <array>
#include <span>
#include <string_view>

namespace tidemark::load {

// Every key that a scenario file may have, by the table that it stands in; the same as in
// docs/pressure-scenario.schema.json.
namespace keys {

using Keys = std::string_view[];

inline constexpr Keys kScenario = {"target", "seed",    "out", "pid",    "launch", "guard",
                                   "load",   "persona", "mix", "beside", "fault",  "pass"};
inline constexpr Keys kLaunch = {"cmd", "under", "ready"};
inline constexpr Keys kReady = {"get", "within"};
inline constexpr Keys kGuard = {"stop"};
inline constexpr Keys kStop = {"mem", "cpu", "disk_free", "for"};
inline constexpr Keys kLoad = {"arrivals", "stages",  "ladder",     "hold",     "limits",
                               "pipeline", "streams", "verify_tls", "rpc_path", "headers"};
inline constexpr Keys kLimits = {"connections", "timeout", "send_lag"};
inline constexpr Keys kStage = {"name", "rate", "clients", "ramp", "hold"};
inline constexpr Keys kPersona = {"share", "session", "mix"};
inline constexpr Keys kRequest = {"weight", "get",     "post",    "put",  "delete",     "head",
                                  "patch",  "rpc",     "redis",   "sql",  "send",       "body",
                                  "json",   "headers", "params",  "mode", "parameters", "until",
                                  "bytes",  "expect",  "capture", "think"};
inline constexpr Keys kExpect = {"status", "contains", "pointer", "equals"};
inline constexpr Keys kSse = {"sse", "clients", "backoff", "expect", "stamp", "sequence"};
inline constexpr Keys kWebSocket = {"websocket", "clients", "every", "send", "ack", "timeout"};
inline constexpr Keys kSqlClients = {"postgres", "clients", "pipeline", "file"};
inline constexpr Keys kFiles = {"files", "as", "clients", "every", "visible", "queue"};
inline constexpr Keys kExec = {"exec", "repeat"};
inline constexpr Keys kFault = {"at", "every", "inject"};
inline constexpr Keys kPass = {"limits"};

}  // namespace keys

struct KeysOfTable {
  std::string_view table;  // its name in the schema
  std::span<const std::string_view> keys;
};

inline constexpr std::array kScenarioTables = {
    KeysOfTable{"scenario", keys::kScenario},   KeysOfTable{"launch", keys::kLaunch},
    KeysOfTable{"ready", keys::kReady},         KeysOfTable{"guard", keys::kGuard},
    KeysOfTable{"stop", keys::kStop},           KeysOfTable{"load", keys::kLoad},
    KeysOfTable{"limits", keys::kLimits},       KeysOfTable{"stage", keys::kStage},
    KeysOfTable{"persona", keys::kPersona},     KeysOfTable{"request", keys::kRequest},
    KeysOfTable{"expect", keys::kExpect},       KeysOfTable{"sse", keys::kSse},
    KeysOfTable{"websocket", keys::kWebSocket}, KeysOfTable{"sqlClients", keys::kSqlClients},
    KeysOfTable{"files", keys::kFiles},         KeysOfTable{"exec", keys::kExec},
    KeysOfTable{"fault", keys::kFault},         KeysOfTable{"pass", keys::kPass},
};

}  // namespace tidemark::load
