#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tidemark::http {

// Whether a Host header may be answered: an address in digits, localhost, or one of `names`,
// with or without a port. DNS rebinding needs a name of the attacker's.
bool is_known_host(std::string_view header, std::span<const std::string> names);

// Whether two secrets are equal, in a time that says nothing about where they differ.
bool equal_secrets(std::string_view a, std::string_view b);

// The value of the cookie `name` in a Cookie header; empty: it is not there.
std::string_view cookie(std::string_view header, std::string_view name);

// The lines of one server-sent event. Line breaks in `data` are kept, in `id` and `name`
// they are dropped.
std::string event_text(std::string_view id, std::string_view name, std::string_view data);

}  // namespace tidemark::http
