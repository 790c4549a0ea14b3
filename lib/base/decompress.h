#pragma once

#include <string_view>

#include "lib/base/file.h"

namespace tidemark {

// Whether `head`, the first bytes of a file, starts a gzip or a zstd stream.
bool is_compressed(std::string_view head);

// The contents of a gzip or zstd file (several members one after the other are
// one text); `file` itself when it is neither. A stream that ends early or is
// damaged gives what came before, and `damage` says what is wrong with it and
// where; it is empty for a whole file. Throws Error when nothing could be read.
//
// Contents beyond 64 MiB go to an unlinked file in TMPDIR, so memory stays
// bounded whatever the stream expands to; it stops with `damage` when that
// file system has less than 1 GiB left.
struct Decompressed {
  File file;
  std::string damage;
};
Decompressed decompress(const File& file);

// `contents` as one gzip member, without a time stamp: the same bytes each time. `level` is
// zlib's, 1 (fast) to 9 (small).
std::string gzip(std::string_view contents, int level = 6);

}  // namespace tidemark
