#pragma once

#include "core/helper_frame.h"
#include "core/sys_error.h"
#include "core/syscalls.h"
#include "core/unique_fd.h"

namespace brickwork {

// Answers the requests of one helper process, one at a time. A controller that it has connected and that nobody has kept is deleted at its end.
class HelperService {
 public:
  explicit HelperService(const Syscalls& sys) : sys_(sys), held_(sys, -1), controller_(sys, -1) {}
  ~HelperService();
  HelperService(const HelperService&) = delete;
  HelperService& operator=(const HelperService&) = delete;

  HelperFrame Answer(const HelperFrame& request);

 private:
  using Fields = std::vector<Bytes>;

  Result<Fields> Perform(const HelperFrame& request);
  Result<Fields> Write(const Fields& fields);
  Result<Fields> Hold(const Fields& fields);
  Result<Fields> Release(const Fields& fields);
  Result<Fields> Flush(const Fields& fields);
  Result<Fields> Read(const Fields& fields);
  Result<Fields> Remove(const Fields& fields);
  Result<Fields> Create(const Fields& fields);
  Result<Fields> Access(const Fields& fields);
  Result<Fields> Connect(const Fields& fields);
  Result<Fields> Keep(const Fields& fields);
  Result<Fields> Discard(const Fields& fields);
  Result<Fields> Admin(const Fields& fields);
  Result<Fields> Options(const Fields& fields);

  const Syscalls& sys_;
  UniqueFd held_;
  UniqueFd controller_;  // directory of a controller that is not kept yet
};

// Reads requests from `in` and writes answers to `out` until `in` ends. Returns 0 at the end, 2 for a malformed frame, 1 if `out` is
// closed.
int ServeHelper(const Syscalls& sys, int in, int out);

}  // namespace brickwork
