#include "core/namespace_socket.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>

namespace brickwork {
namespace {

struct NamespaceVisit {
  const Syscalls& sys;
  int netns;
  int domain;
  int type;
  int protocol;
  int fd = -1;
  int err = 0;
  const char* syscall = "";
};

void* EnterAndOpen(void* argument) {
  NamespaceVisit& visit = *static_cast<NamespaceVisit*>(argument);
  if (visit.sys.Setns(visit.netns, CLONE_NEWNET) != 0) {
    visit.err = errno;
    visit.syscall = "setns";
    return nullptr;
  }
  visit.fd = visit.sys.Socket(visit.domain, visit.type, visit.protocol);
  visit.err = visit.fd < 0 ? errno : 0;
  visit.syscall = "socket";
  return nullptr;
}

}  // namespace

Result<UniqueFd> OpenSocket(const Syscalls& sys, const std::string& netns, int domain, int type, int protocol) {
  type |= SOCK_CLOEXEC;
  if (netns.empty()) {
    UniqueFd fd(sys, sys.Socket(domain, type, protocol));
    if (!fd) return LastError("socket", {});
    return fd;
  }
  const UniqueFd target(sys, sys.Openat(AT_FDCWD, netns.c_str(), O_RDONLY | O_CLOEXEC, 0));
  if (!target) return LastError("openat", netns);
  // A temporary thread that shares this thread's descriptors. It enters the namespace and ends there, so it need not return.
  NamespaceVisit visit{sys, target.get(), domain, type, protocol};
  pthread_t thread{};
  const int started = ::pthread_create(&thread, nullptr, EnterAndOpen, &visit);
  if (started != 0) return SysError{started, "pthread_create", netns};
  ::pthread_join(thread, nullptr);
  if (visit.fd < 0) return SysError{visit.err, visit.syscall, netns};
  return UniqueFd(sys, visit.fd);
}

}  // namespace brickwork
