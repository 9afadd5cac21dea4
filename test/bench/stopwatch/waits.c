/* Stretches in which the processor was idle, by the kernel's trace of its switches, and who ended the longest. */
#include "stopwatch.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#define TRACING "/sys/kernel/tracing"

void start_waits(void) {
  if (mount("tracefs", TRACING, "tracefs", 0, NULL) != 0) give_up("tracefs");
  write_text(TRACING "/trace_clock", "mono");
  write_text(TRACING "/buffer_size_kb", "32768");
  write_text(TRACING "/events/sched/sched_switch/filter", "prev_pid==0||next_pid==0");
  write_text(TRACING "/events/sched/sched_switch/enable", "1");
}

void forget_waits(void) { write_text(TRACING "/trace", ""); }

/* `… 12.345678: sched_switch: prev_comm=swapper/0 prev_pid=0 … ==> next_comm=iscsid next_pid=77 …` */
void print_longest_wait(long from_ns, long to_ns) {
  static char row[4096];
  char who[NAME] = "";
  double since = 0, longest = 0;
  FILE *trace = fopen(TRACING "/trace", "r");
  if (trace == NULL) give_up("trace");
  while (fgets(row, sizeof row, trace) != NULL) {
    const char *event = strstr(row, ": sched_switch: ");
    if (event == NULL) continue;
    const char *time = event;
    while (time > row && time[-1] != ' ') time--;
    const double at = atof(time);
    if (at * 1e9 < from_ns || at * 1e9 > to_ns) continue;
    const char *next = strstr(event, "next_comm=");
    if (next == NULL) continue;
    if (strstr(event, " next_pid=0 ") != NULL) since = at;
    else if (since > 0 && at - since > longest) {
      longest = at - since;
      snprintf(who, sizeof who, "%s", next + 10);
      who[strcspn(who, " ")] = 0;
    }
  }
  fclose(trace);
  printf("\"longestWaitMs\":%.3f,\"waited\":\"%s\"", longest * 1e3, who);
}
