#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

namespace brickwork {

struct SocketAddress {
  sockaddr_storage storage;
  socklen_t length;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

// A numeric IPv4 or IPv6 address without brackets. A link-local address has its zone (`fe80::1%eth0`).
std::optional<SocketAddress> ParseTcpAddress(const std::string& address, uint16_t port);

// An abstract name. The length of the address determines the name; a trailing NUL would make it another name.
std::optional<SocketAddress> AbstractAddress(const std::string& name);

}  // namespace brickwork
