#include "core/socket_address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

namespace brickwork {
namespace {

template <typename T>
SocketAddress Wrap(const T& address, size_t length) {
  static_assert(sizeof(T) <= sizeof(sockaddr_storage));
  SocketAddress wrapped{};
  std::memcpy(&wrapped.storage, &address, sizeof address);
  wrapped.length = static_cast<socklen_t>(length);
  return wrapped;
}

}  // namespace

std::optional<SocketAddress> ParseTcpAddress(const std::string& address, uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) return Wrap(v4, sizeof v4);

  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  const size_t percent = address.find('%');
  if (percent != std::string::npos) {
    const std::string zone = address.substr(percent + 1);
    v6.sin6_scope_id = ::if_nametoindex(zone.c_str());
    if (v6.sin6_scope_id == 0) return std::nullopt;
  }
  if (::inet_pton(AF_INET6, address.substr(0, percent).c_str(), &v6.sin6_addr) == 1) return Wrap(v6, sizeof v6);
  return std::nullopt;
}

std::optional<SocketAddress> AbstractAddress(const std::string& name) {
  sockaddr_un un{};
  if (name.empty() || name.size() > sizeof un.sun_path - 1) return std::nullopt;
  un.sun_family = AF_UNIX;
  std::memcpy(un.sun_path + 1, name.data(), name.size());
  return Wrap(un, offsetof(sockaddr_un, sun_path) + 1 + name.size());
}

}  // namespace brickwork
