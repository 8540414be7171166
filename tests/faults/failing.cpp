// SPDX-License-Identifier: Apache-2.0
// Preloaded, it lets one call of the C library fail once: MEDVISION_FAIL=CALL:N[:HOW], the Nth call after main begins.
// CALL: malloc (with calloc, realloc), write (with pwrite), open, fdatasync, linkat, rename, pthread_create. HOW: an
// error number (default EIO, of malloc ENOMEM), "short" (a write of one byte), "always" (it fails from the Nth on). At
// the end the number of calls met is written to the file MEDVISION_FAIL_COUNT.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atomic>

extern "C" void* __libc_malloc(size_t);
extern "C" void* __libc_calloc(size_t, size_t);
extern "C" void* __libc_realloc(void*, size_t);

namespace {

char wanted[32] = "";
long nth = 0;
int code = EIO;
bool is_short = false, always = false;
std::atomic<long> met{0};
std::atomic<bool> armed{false};

void begin() {
  const char* said = getenv("MEDVISION_FAIL");
  if (!said) return;
  char how[32] = "";
  if (sscanf(said, "%31[^:]:%ld:%31s", wanted, &nth, how) < 2) _exit(99);
  is_short = strcmp(how, "short") == 0;
  always = strcmp(how, "always") == 0;
  if (how[0] >= '0' && how[0] <= '9') code = atoi(how);
  armed = true;
}

void end() {
  armed = false;
  const char* path = getenv("MEDVISION_FAIL_COUNT");
  if (!path) return;
  char text[32];
  const int size = snprintf(text, sizeof text, "%ld\n", met.load());
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (fd < 0 || write(fd, text, size_t(size)) != size) _exit(99);
  close(fd);
}

bool fails(const char* call) {
  if (!armed || strcmp(call, wanted) != 0) return false;
  const long n = ++met;
  return n == nth || (always && n > nth);
}

template <class F>
F next(F, const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

int (*real_main)(int, char**, char**);
int armed_main(int argc, char** argv, char** environment) {
  begin();
  const int status = real_main(argc, argv, environment);
  end();
  return status;
}

}  // namespace

extern "C" {

int __libc_start_main(int (*main)(int, char**, char**), int argc, char** argv, void (*init)(), void (*fini)(),
                      void (*linker)(), void* stack) {
  real_main = main;
  return next(__libc_start_main, "__libc_start_main")(armed_main, argc, argv, init, fini, linker, stack);
}

void* malloc(size_t size) {
  if (fails("malloc")) return errno = ENOMEM, nullptr;
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  if (fails("malloc")) return errno = ENOMEM, nullptr;
  return __libc_calloc(count, size);
}
void* realloc(void* at, size_t size) {
  if (fails("malloc")) return errno = ENOMEM, nullptr;
  return __libc_realloc(at, size);
}

ssize_t write(int fd, const void* data, size_t size) {
  static const auto real = next(write, "write");
  if (fails("write")) {
    if (is_short && size > 0) return real(fd, data, 1);
    return errno = code, -1;
  }
  return real(fd, data, size);
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  static const auto real = next(pwrite, "pwrite");
  if (fails("write")) {
    if (is_short && size > 0) return real(fd, data, 1, at);
    return errno = code, -1;
  }
  return real(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) { return pwrite(fd, data, size, at); }

int open(const char* path, int flags, ...) {
  static const auto real = next(open, "open");
  va_list more;
  va_start(more, flags);
  const mode_t mode = va_arg(more, mode_t);
  va_end(more);
  if (fails("open")) return errno = code, -1;
  return real(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = va_arg(more, mode_t);
  va_end(more);
  return open(path, flags, mode);
}

int fdatasync(int fd) {
  static const auto real = next(fdatasync, "fdatasync");
  return fails("fdatasync") ? (errno = code, -1) : real(fd);
}
int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) {
  static const auto real = next(linkat, "linkat");
  return fails("linkat") ? (errno = code, -1) : real(from_folder, from, to_folder, to, flags);
}
int rename(const char* from, const char* to) noexcept {
  static const auto real = next(static_cast<int (*)(const char*, const char*)>(rename), "rename");
  return fails("rename") ? (errno = code, -1) : real(from, to);
}
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                   void* argument) noexcept {
  static const auto real =
      next(static_cast<int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>(pthread_create),
           "pthread_create");
  return fails("pthread_create") ? EAGAIN : real(thread, attributes, start, argument);
}

}  // extern "C"
