/* What nobody plans: deaths of processes, and time. */

#define diesWithALateLogin(p) (busy > 0 && running[busy - 1] == p + 1 && !window[busy - 1])

inline kill(p) {
  crashes--;
  dead[p] = 1;
  for (i : 0 .. SLOTS - 1) {
    if :: attachmentLock[i] == p + 1 -> attachmentLock[i] = 0 :: else fi;
    if :: running[i] == p + 1 -> running[i] = 0 :: else fi
  }
  for (i : 0 .. LUNS - 1) { if :: lunLock[i] == p + 1 -> lunLock[i] = 0 :: else fi }
  if :: portalLock == p + 1 -> portalLock = 0 :: else fi;
  entry[p] = 0; seen[p] = 0; proven[p] = 0; heir[p] = 0; answer[p] = 0; waits[p] = 0; works[p] = 0; again[p] = 1;
  i = 0
}

/* A login that iscsid has ends within its window. A process that lives may ask late, so its login may outlive the window. */
#define mayClose(a) (window[a] && !(busy == a + 1 && running[a] == 0))

proctype Fate() {
  byte i;
end:
  do
  :: d_step { crashes > 0 && works[0] && !diesWithALateLogin(0) -> kill(0) }
#if AGENTS > 1
  :: d_step { crashes > 0 && works[1] && !diesWithALateLogin(1) -> kill(1) }
#endif
#if AGENTS > 2
  :: d_step { crashes > 0 && works[2] && !diesWithALateLogin(2) -> kill(2) }
#endif
  :: d_step { mayClose(0) -> window[0] = 0 }
  :: d_step { mayClose(1) -> window[1] = 0 }
#if SLOTS > 2
  :: d_step { mayClose(2) -> window[2] = 0 }
  :: d_step { mayClose(3) -> window[3] = 0 }
#endif
#if SLOTS > 4
  :: d_step { mayClose(4) -> window[4] = 0 }
  :: d_step { mayClose(5) -> window[5] = 0 }
#endif
  od
}
