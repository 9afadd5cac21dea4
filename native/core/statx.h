// `struct statx`: glibc and musl 1.2.5 declare it in sys/stat.h, older versions of musl leave it to the kernel's header.
#pragma once

#include <sys/stat.h>

#ifndef STATX_TYPE
#include <linux/stat.h>
#endif
