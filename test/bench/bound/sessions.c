/* Which SCSI host a portal's session has. The kernel announces sessions, and names their target and portal before the login ends. */
#include "bound.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
  int id, host, taken;
} sessions[MOST_PATHS];
static int session_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;

void add_session(int id, int host) {
  pthread_mutex_lock(&lock);
  if (session_count == MOST_PATHS) give_up("too many", "sessions");
  sessions[session_count].id = id;
  sessions[session_count].taken = 0;
  sessions[session_count++].host = host;
  pthread_cond_broadcast(&more);
  pthread_mutex_unlock(&lock);
}
void forget_sessions(void) { session_count = 0; }

static int is_of(int id, const struct path *path) {
  char file[TEXT], text[TEXT];
  snprintf(file, sizeof file, "/sys/class/iscsi_connection/connection%d:0/persistent_address", id);
  if (!read_text(file, text, sizeof text) || strcmp(text, path->address) != 0) return 0;
  snprintf(file, sizeof file, "/sys/class/iscsi_connection/connection%d:0/persistent_port", id);
  if (!read_text(file, text, sizeof text) || strcmp(text, path->port) != 0) return 0;
  snprintf(file, sizeof file, "/sys/class/iscsi_session/session%d/targetname", id);
  return read_text(file, text, sizeof text) && strcmp(text, path->iqn) == 0;
}

/* Those that exist before the storm. */
void know_sessions(void) {
  DIR *all = opendir("/sys/class/iscsi_session");
  for (struct dirent *entry; all != NULL && (entry = readdir(all)) != NULL;) {
    int id, host;
    char file[TEXT];
    if (sscanf(entry->d_name, "session%d", &id) != 1) continue;
    snprintf(file, sizeof file, "/sys/class/iscsi_session/session%d", id);
    char *real = realpath(file, NULL);
    const char *part = real == NULL ? NULL : strstr(real, "/host");
    if (part != NULL && sscanf(part, "/host%d/", &host) == 1) add_session(id, host);
    free(real);
  }
  if (all != NULL) closedir(all);
}

/* Before `go`: -1 if there is no such session. After it: waits until the session is announced. */
int host_of(const struct path *path) {
  const int waits = path->thread != 0;
  pthread_mutex_lock(&lock);
  int host = -1;
  for (int i = 0;;) {
    for (; i < session_count; i++) {
      if (sessions[i].taken || !is_of(sessions[i].id, path)) continue;
      sessions[i].taken = 1;
      host = sessions[i].host;
      break;
    }
    if (host >= 0 || !waits) break;
    pthread_cond_wait(&more, &lock);
  }
  pthread_mutex_unlock(&lock);
  return host;
}
