/* The other side: what kernel and iscsid do by themselves. No function of lib, but what lib/testing models too. */

/* The session goes, with its disks. Who names it names something that is gone. */
inline destroy(requester) {
  for (i : 0 .. SLOTS - 1) {
    /* Property no-logout-under-disks: never a logout under the disk of another attachment, nor of a session that another one has claimed. */
#ifdef DISKS_ONLY
    assert(promise(NO_LOGOUT_UNDER_DISKS, i == requester || !has(claim[i], DISK + CURRENT) || disk[lunOfSlot[i]] != 1));
#else
    assert(promise(NO_LOGOUT_UNDER_DISKS, i == requester || !has(claim[i], SESSION + CURRENT) || has(claim[i], ENDING)));
#endif
    claim[i] = claim[i] & ~CURRENT;
  }
  for (i : 0 .. AGENTS - 1) { entry[i] = entry[i] & ~CURRENT; seen[i] = 0; proven[i] = 0; heir[i] = 0 }
  for (i : 0 .. LUNS - 1) { disk[i] = 0; scan[i] = 0; lunLock[i] = 0 }
  ses = 0; up = 0; closing = 0
}

inline reply(code) {
  i = running[busy - 1];
  if
  :: i > 0 ->
    running[busy - 1] = 0;
    if :: waits[i - 1] -> answer[i - 1] = code; waits[i - 1] = 0 :: else fi
  :: else
  fi;
  busy = 0
}

proctype Iscsid() {
  byte i;
end:
  do
  :: d_step { busy > 0 && !ses -> ses = 1; up = 0; i = 0; stillOwned }                     /* it is connected */
  :: d_step { busy > 0 && ses && !up -> up = 1; reply(SUCCESS); i = 0 }        /* it is logged in */
  :: d_step { busy > 0 && !up -> if :: ses -> destroy(255) :: else fi; reply(FAILED); i = 0 }
  :: d_step { daemon && closing > 0 -> destroy(closing - 1); if :: busy > 0 -> reply(FAILED) :: else fi; i = 0 }
  :: d_step { daemon && ses && !up && busy == 0 && closing == 0 -> up = 1 }    /* a started daemon connects what it finds */
  :: d_step { daemon && restarts > 0 ->
      restarts--; daemon = 0; closing = 0;
      if :: busy > 0 -> reply(NO_ANSWER) :: else fi; i = 0 }
  :: d_step { !daemon -> daemon = 1 }
  od
}

proctype Kernel() {
  byte l;
end:
  do
  :: d_step { scan[0] -> scan[0] = 0; disk[0] = 1; stillOwned }
  :: d_step { disk[0] == 2 -> disk[0] = 0 }
#if LUNS > 1
  :: d_step { scan[1] -> scan[1] = 0; disk[1] = 1; stillOwned }
  :: d_step { disk[1] == 2 -> disk[1] = 0 }
#endif
#if LUNS > 2
  :: d_step { scan[2] -> scan[2] = 0; disk[2] = 1; stillOwned }
  :: d_step { disk[2] == 2 -> disk[2] = 0 }
#endif
  od
}
