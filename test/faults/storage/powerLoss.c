/*
 * A disk that forgets. Preloaded into a program, it keeps for each watched file a shadow: what the platter would hold if
 * the power went away now. Writes go to the file as always, so the program reads what it wrote; the shadow gets them
 * only when the program asks for that with fsync or fdatasync.
 *
 *   POWER_WATCHED  the path of the database; its -wal and -journal are watched too, each by its own shadow
 *   POWER_SHADOWS  a directory, in which the shadows have the names of their files
 *
 * Memory shared between processes (-shm) is not watched: after a loss of power there is none.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { KINDS = 3, FDS = 65536 };
static const char *const endings[KINDS] = { "", "-wal", "-journal" };

struct range { off_t from, to; };
static struct dirty { struct range *ranges; size_t count, room; } dirty[KINDS];
/* Which watched file a descriptor is, counted from 1; 0 for all others. */
static unsigned char kind_of[FDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void fail(const char *what) {
  fprintf(stderr, "powerLoss: %s: %s\n", what, strerror(errno));
  abort();
}

static const char *shadow_path(int kind, char path[PATH_MAX]) {
  const char *watched = getenv("POWER_WATCHED"), *name = strrchr(watched, '/');
  snprintf(path, PATH_MAX, "%s/%s%s", getenv("POWER_SHADOWS"), name ? name + 1 : watched, endings[kind]);
  return path;
}

static int shadow_open(int kind, int flags) {
  char path[PATH_MAX];
  return NEXT(open)(shadow_path(kind, path), flags, 0600);
}

static void copy(int from, int to, off_t at, off_t end) {
  static char buffer[1 << 16];
  while (at < end) {
    size_t want = (size_t)(end - at) < sizeof buffer ? (size_t)(end - at) : sizeof buffer;
    ssize_t got = NEXT(pread)(from, buffer, want, at);
    if (got < 0) fail("read for the shadow");
    if (got == 0) return;
    if (NEXT(pwrite)(to, buffer, got, at) != got) fail("write into the shadow");
    at += got;
  }
}

static int watched_kind(const char *path) {
  const char *watched = getenv("POWER_WATCHED");
  if (!watched || !path || !getenv("POWER_SHADOWS")) return 0;
  size_t length = strlen(watched);
  if (strncmp(path, watched, length) != 0) return 0;
  for (int kind = 0; kind < KINDS; kind++)
    if (strcmp(path + length, endings[kind]) == 0) return kind + 1;
  return 0;
}

static void opened(const char *path, int fd) {
  int kind = watched_kind(path);
  if (fd < 0 || fd >= FDS) return;
  pthread_mutex_lock(&lock);
  kind_of[fd] = (unsigned char)kind;
  if (kind) {
    /* What was there before the program began has been on the platter for long. */
    int shadow = shadow_open(kind - 1, O_WRONLY | O_CREAT | O_EXCL);
    if (shadow >= 0) {
      struct stat about;
      int reader = NEXT(open)(path, O_RDONLY);
      if (reader < 0 || fstat(reader, &about) != 0) fail("look at a watched file");
      copy(reader, shadow, 0, about.st_size);
      NEXT(close)(reader);
      NEXT(close)(shadow);
    } else if (errno != EEXIST) fail("make a shadow");
  }
  pthread_mutex_unlock(&lock);
}

static void written(int fd, off_t from, off_t to) {
  if (fd < 0 || fd >= FDS || !kind_of[fd] || to <= from) return;
  pthread_mutex_lock(&lock);
  struct dirty *set = &dirty[kind_of[fd] - 1];
  if (set->count == set->room) {
    set->room = set->room ? set->room * 2 : 1024;
    set->ranges = realloc(set->ranges, set->room * sizeof *set->ranges);
    if (!set->ranges) fail("remember what was written");
  }
  set->ranges[set->count++] = (struct range){ from, to };
  pthread_mutex_unlock(&lock);
}

static void synced(int fd) {
  if (fd < 0 || fd >= FDS || !kind_of[fd]) return;
  pthread_mutex_lock(&lock);
  int kind = kind_of[fd] - 1, shadow = shadow_open(kind, O_WRONLY | O_CREAT);
  struct stat about;
  if (shadow < 0 || fstat(fd, &about) != 0) fail("bring a shadow up to date");
  for (size_t i = 0; i < dirty[kind].count; i++)
    copy(fd, shadow, dirty[kind].ranges[i].from, dirty[kind].ranges[i].to);
  if (NEXT(ftruncate)(shadow, about.st_size) != 0) fail("cut a shadow");
  dirty[kind].count = 0;
  NEXT(close)(shadow);
  pthread_mutex_unlock(&lock);
}

static mode_t mode_of(int flags, va_list more) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; }

#define OPEN(name)                                    \
  int name(const char *path, int flags, ...) {        \
    va_list more;                                     \
    va_start(more, flags);                            \
    mode_t mode = mode_of(flags, more);               \
    va_end(more);                                     \
    int fd = NEXT(name)(path, flags, mode);           \
    opened(path, fd);                                 \
    return fd;                                        \
  }
OPEN(open)
OPEN(open64)

int close(int fd) {
  if (fd >= 0 && fd < FDS) kind_of[fd] = 0;
  return NEXT(close)(fd);
}

ssize_t write(int fd, const void *bytes, size_t count) {
  off_t at = fd >= 0 && fd < FDS && kind_of[fd] ? lseek(fd, 0, SEEK_CUR) : 0;
  ssize_t done = NEXT(write)(fd, bytes, count);
  written(fd, at, at + done);
  return done;
}

#define PWRITE(name, offset)                                               \
  ssize_t name(int fd, const void *bytes, size_t count, offset at) {       \
    ssize_t done = NEXT(name)(fd, bytes, count, at);                       \
    written(fd, at, at + done);                                            \
    return done;                                                           \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define PWRITEV(name, offset)                                              \
  ssize_t name(int fd, const struct iovec *parts, int count, offset at) {  \
    ssize_t done = NEXT(name)(fd, parts, count, at);                       \
    written(fd, at, at + done);                                            \
    return done;                                                           \
  }
PWRITEV(pwritev, off_t)
PWRITEV(pwritev64, off64_t)

#define TRUNCATE(name, offset)                                             \
  int name(int fd, offset to) {                                            \
    struct stat before;                                                    \
    int known = fd >= 0 && fd < FDS && kind_of[fd] && fstat(fd, &before) == 0; \
    int done = NEXT(name)(fd, to);                                         \
    /* What grows again behind the cut must come from the file. */         \
    if (known && done == 0) written(fd, to, before.st_size);               \
    return done;                                                           \
  }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name)                    \
  int name(int fd) {                  \
    int done = NEXT(name)(fd);        \
    if (done == 0) synced(fd);        \
    return done;                      \
  }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *path) {
  int kind = watched_kind(path), done = NEXT(unlink)(path);
  if (kind && done == 0) {
    pthread_mutex_lock(&lock);
    char path_of_shadow[PATH_MAX];
    NEXT(unlink)(shadow_path(kind - 1, path_of_shadow));
    dirty[kind - 1].count = 0;
    pthread_mutex_unlock(&lock);
  }
  return done;
}
