#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidemark {

// Each turns any bytes into text that is only text in its language. Control
// characters, bidirectional overrides and bytes that are not UTF-8 come out as
// visible escapes such as \x1b (see printable() in lib/base/lines.h).

// For HTML and XML, as text and inside a quoted attribute. What XML 1.0 does not
// allow at all is replaced too.
std::string markup_text(std::string_view text);

// For GitHub's Markdown, in a paragraph, a table or an HTML block.
std::string markdown_text(std::string_view text);

// The path as a URI reference (RFC 3986): "/a b" is "file:///a%20b", a relative
// path stays relative.
std::string uri_of(std::string_view path);

// Any bytes as UTF-8 that reverses exactly, for our own files: a byte that is
// not UTF-8 becomes the four characters \xff, and a backslash that is followed
// by an x becomes \x5c.
std::string reversible(std::string_view bytes);
std::string reversed(std::string_view text);

// The first `length` bytes of `text`, none of its UTF-8 characters cut in half.
std::string_view cut(std::string_view text, std::size_t length);

}  // namespace tidemark
