#pragma once

#include "lib/model/recording.h"
#include "parsers/heap_file_view.h"

namespace tidemark {

// Tells `recording` what the header says of what is missing, and why.
void warn_of(const HeapFileView& file, Recording& recording);

}  // namespace tidemark
