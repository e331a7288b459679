#pragma once

#include <memory>
#include <utility>

#include "collectors/process.h"

namespace procmarshal::testing {

// A row as a source gives it, with what a snapshot needs beside.
inline Process MakeRow(ProcessReading reading) {
  Process row;
  row.reading = std::make_shared<const ProcessReading>(std::move(reading));
  row.info = std::make_shared<const ProcessInfo>();
  return row;
}

// The row with another reading.
template <typename Change>
Process Changed(Process row, Change change) {
  ProcessReading reading = *row.reading;
  change(reading);
  row.reading = std::make_shared<const ProcessReading>(std::move(reading));
  return row;
}

}  // namespace procmarshal::testing
