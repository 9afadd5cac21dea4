/* Words of the agents' steps. A step is indivisible: one access to what is shared, with the take of a lock before it and the free after it. */

#define ATTACH 1
#define DETACH 2
#define RECOVER 3
#define ROLLBACK 4
#define ORPHANS 5
#define CONNECT 6  /* an attach, once what was left before has been cleaned up */

#define mine entry[me]
#define current has(mine, CURRENT)
#define diskThere (current && disk[l] == 1)
#define freeLock(lock) if :: lock == me + 1 -> lock = 0 :: else fi

/* EntryWriter.update: the claim in the run directory is what memory is. */
inline write() {
  if :: (mine & SESSION) == 0 -> mine = mine & ~(MADE | ENDING) :: else fi;
  if :: (mine & (SESSION | DISK)) == 0 -> mine = mine & ~CURRENT :: else fi;
  if :: (mine & PENDING) == 0 -> window[a] = 0 :: else fi;
  claim[a] = mine;
  stillOwned
}
inline disown(bits) { mine = mine & ~(bits); write() }
/* A session has a number of its own (sessionKey), since the kernel counts them (iscsi_session_nr in drivers/scsi/scsi_transport_iscsi.c).
   So what an entry names of a session that is gone says nothing of the one that exists now, nor of its disks. */
inline ownSession(bits) {
  if :: !current -> mine = mine & ~(MADE | ENDING | DISK | BROUGHT | INTENDED) :: else fi;
  mine = mine | SESSION | CURRENT | bits
}

/* What the claims of others name (Claims.others, Claims.about). */
#define other(i, bits) ((i) != a && has(claim[i], bits))
/* Who is ending a session does not use it, nor does the removal of orphans. A login that is not resolved may have a session. */
#define uses(i, bits) ((i) < ATTACHMENTS && other(i, bits))
#define usedBy(i) ((uses(i, SESSION + CURRENT) && !has(claim[i], ENDING)) || uses(i, PENDING))
#define brings(i) (other(i, DISK + CURRENT) && lunOfSlot[i] == l)
#define keeps(i) ((i) < ATTACHMENTS && brings(i))
#define broughtBy(i) (brings(i) && (claim[i] & (BROUGHT | INTENDED)) != 0)
#if SLOTS == 2
#define others(bits) (other(0, bits) || other(1, bits))
#define othersUse (usedBy(0) || usedBy(1))
#define othersDisk (keeps(0) || keeps(1))
#define othersRecord (uses(0, RECORD) || uses(1, RECORD))
#define othersBrought (broughtBy(0) || broughtBy(1))
#define pendings ((claim[0] & PENDING) / PENDING + 2 * ((claim[1] & PENDING) / PENDING))
#elif SLOTS == 4
#define others(bits) (other(0, bits) || other(1, bits) || other(2, bits) || other(3, bits))
#define othersUse (usedBy(0) || usedBy(1) || usedBy(2) || usedBy(3))
#define othersDisk (keeps(0) || keeps(1) || keeps(2) || keeps(3))
#define othersRecord (uses(0, RECORD) || uses(1, RECORD) || uses(2, RECORD) || uses(3, RECORD))
#define othersBrought (broughtBy(0) || broughtBy(1) || broughtBy(2) || broughtBy(3))
#define pendings ((claim[0] & PENDING) / PENDING + 2 * ((claim[1] & PENDING) / PENDING) + \
  4 * ((claim[2] & PENDING) / PENDING) + 8 * ((claim[3] & PENDING) / PENDING))
#else
#define others(bits) (other(0, bits) || other(1, bits) || other(2, bits) || other(3, bits) || other(4, bits) || other(5, bits))
#define othersUse (usedBy(0) || usedBy(1) || usedBy(2) || usedBy(3) || usedBy(4) || usedBy(5))
#define othersDisk (keeps(0) || keeps(1) || keeps(2) || keeps(3) || keeps(4) || keeps(5))
#define othersRecord (uses(0, RECORD) || uses(1, RECORD) || uses(2, RECORD) || uses(3, RECORD) || uses(4, RECORD) || uses(5, RECORD))
#define othersBrought (broughtBy(0) || broughtBy(1) || broughtBy(2) || broughtBy(3) || broughtBy(4) || broughtBy(5))
#define pendings ((claim[0] & PENDING) / PENDING + 2 * ((claim[1] & PENDING) / PENDING) + \
  4 * ((claim[2] & PENDING) / PENDING) + 8 * ((claim[3] & PENDING) / PENDING) + \
  16 * ((claim[4] & PENDING) / PENDING) + 32 * ((claim[5] & PENDING) / PENDING))
#endif

/* Disks of others on the session: all but the late disk of an own interrupted scan. */
#define late has(mine, DISK + INTENDED)
#define alien(x) (disk[x] == 1 && !(x == l && late))
#define beside(x, y) (disk[x] == 1 && x != (y))
#if LUNS == 1
#define carries alien(0)
#define carriesBeside(y) beside(0, y)
#define going (disk[0] == 2)
#elif LUNS == 2
#define carries (alien(0) || alien(1))
#define carriesBeside(y) (beside(0, y) || beside(1, y))
#define going (disk[0] == 2 || disk[1] == 2)
#else
#define carries (alien(0) || alien(1) || alien(2))
#define carriesBeside(y) (beside(0, y) || beside(1, y) || beside(2, y))
#define going (disk[0] == 2 || disk[1] == 2 || disk[2] == 2)
#endif

/* A pending login of slot b has ended, or its session shows that it came up. */
#define asked(b) (running[b] == me + 1)
#define inWindow(b) (window[b] || running[b] > 0)
#define isDecided(b) ((running[b] == 0 && !window[b]) || (ses && up))
/* The process died before it could ask (pending-login.ts: isUnbegun). */
#define isUnbegun (!record && !lockFile)

/* The session of an own pending login, and the disk that may have been scanned on it, become objects of the attachment. */
#define becomesOurs (op != ORPHANS && ses && (up || disk[l] == 1) && (ours || inWindow(a) || record))

/* Stages of a release: disks, sessions, disks again, sessions again, the record. `due` is the next that has something to do. */
#define DONE 5
#define due ((stage == 0 && (mine & DISK) != 0) -> 0 : \
  ((stage <= 1 && (mine & SESSION) != 0) -> 1 : \
  ((stage <= 2 && (mine & DISK) != 0) -> 2 : \
  ((stage <= 3 && (mine & SESSION) != 0) -> 3 : \
  ((stage <= 4 && (mine & RECORD) != 0 && (mine & SESSION) == 0) -> 4 : DONE)))))

/* Pending logins come first. back 4: it has been tried, and what is left stays pending. */
#define resolvedOrLeft ((mine & PENDING) == 0 || back == 4)
#define nexusStays (stage == 2 || (current && othersUse) || !has(mine, SESSION + MADE))
/* release-session.ts: reasonToKeep, carriedBy */
#define weigh() keep = (seen[me] && (othersUse || !ours || carries))
inline forgetAlone() {
  if :: (mine & SESSION) != 0 -> disown(SESSION) :: else fi;
  keep = 0; seen[me] = 0; ours = 0
}
inline forgetSession() { forgetAlone(); freeLock(portalLock) }
