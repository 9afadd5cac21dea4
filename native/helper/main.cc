// Makes the calls that may wait for ever, so that the parent process can always answer and exit. The helper ends when its standard input
// ends, and not before. A signal to the whole group (Ctrl-C, the stop of a service) also reaches an agent that still has to clean up and
// needs the helper.
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <unistd.h>

#include "core/helper_service.h"
#include "core/real_syscalls.h"

int main() {
  const brickwork::Syscalls& sys = brickwork::RealSyscalls();
  for (const int ignored : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(ignored, SIG_IGN);
  // Keeps nothing of the parent: no directory of a file system that must be unmounted, no descriptor, no error stream.
  if (::chdir("/") != 0) return 1;
  (void)sys.CloseRange(3, ~0U, 0);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null >= 0) ::dup2(null, STDERR_FILENO);
  return brickwork::ServeHelper(sys, STDIN_FILENO, STDOUT_FILENO);
}
