/* What exists: objects of the host, locks, claims, journal. All of it is shared. */

/* SCOPE: who works on what. */
#define TWO_VOLUMES 1
#define ONE_VOLUME 2
#define ONE_ATTACHMENT 3
#ifndef SCOPE
#define SCOPE TWO_VOLUMES
#endif
#ifndef AGENTS
#define AGENTS 2
#endif
#if SCOPE == ONE_ATTACHMENT        /* processes of one owner, one attachment */
#define ATTACHMENTS 1
#define OWNERS 1
#define LUNS 1
#define attachmentOf(p) 0
#define lunOf(a) 0
#elif SCOPE == ONE_VOLUME          /* owners that attach the same volume */
#define ATTACHMENTS AGENTS
#define OWNERS AGENTS
#define LUNS 1
#define attachmentOf(p) p
#define lunOf(a) 0
#else                              /* owners with a volume each, on one session */
#define ATTACHMENTS AGENTS
#define OWNERS AGENTS
#define LUNS AGENTS
#define attachmentOf(p) p
#define lunOf(a) a
#endif
#define ownerOf(p) attachmentOf(p)
/* After the attachments come the claims of orphans that are being removed, one for each owner. */
#define SLOTS (ATTACHMENTS + OWNERS)
#define orphansOf(p) (ATTACHMENTS + ownerOf(p))

/* How often: attaches of each agent, deaths of processes, deaths of iscsid, operations that are given up. */
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef RESTARTS
#define RESTARTS 1
#endif
#ifndef GIVEUPS
#define GIVEUPS 1
#endif

/* The properties. ONLY: one of them, to find what breaks that one. */
#define LOGIN_ONCE 1
#define NO_LOGOUT_UNDER_DISKS 2
#define OWNED 3
#define CLEAN_END 4
#ifndef ONLY
#define ONLY 0
#endif
#define promise(property, condition) ((ONLY != 0 && ONLY != property) || (condition))

/* An entry: its state, and what it names. The claim is the same in the run directory. */
#define ATTACHING 1
#define ATTACHED 2
#define DETACHING 3
#define STATE 3
#define RECORD 4      /* the node record */
#define SESSION 8     /* a session */
#define MADE 16       /* …of origin `created` (else `found`) */
#define ENDING 32     /* …for which a logout was about to be asked */
#define CURRENT 64    /* session and disk are those that exist now: numbers are never used again */
#define DISK 128      /* a disk */
#define BROUGHT 256   /* …of origin `created` (else `found` or `intended`) */
#define INTENDED 512  /* …of origin `intended` */
#define PENDING 1024  /* a login that iscsid may still work on, or that has a session, and perhaps the disk, by now */
#define has(entry, bits) (((entry) & (bits)) == (bits))
#define names(entry) ((entry) & ~STATE)
#define stateOf(entry) ((entry) & STATE)

short claim[SLOTS];
byte lunOfSlot[SLOTS];
byte journal[SLOTS];             /* 0: no entry, else its state */

/* The kernel. Only one session can exist at a time as long as the first property holds. */
bit ses, up, record;
byte recordOwner;
byte disk[LUNS];                 /* 0 none, 1 there, 2 being removed */
bit scan[LUNS];                  /* a scan runs in the kernel */

/* iscsid. It works for slot busy - 1, ends the session for slot closing - 1. */
bit daemon = 1;
byte busy, closing;
bit window[SLOTS];               /* the window of the pending login is open */

/* Locks: 0 free, else the process + 1. The kernel frees them when the process dies. */
byte attachmentLock[SLOTS], portalLock, lunLock[LUNS];
byte running[SLOTS];             /* the lock of a process that asks iscsid for a login and lives */
bit lockFile;                    /* somebody has had that lock since the boot: its file stays */

/* Processes. */
short entry[AGENTS];             /* the entry in memory (EntryWriter) */
bit seen[AGENTS];                /* the session that it looked at still exists */
bit proven[AGENTS];              /* …and came of a login that was given up */
bit heir[AGENTS];                /* …and that login scanned this agent's LUN */
byte answer[AGENTS];
bit waits[AGENTS];               /* for iscsid's answer */
bit dead[AGENTS], works[AGENTS];
bit again[AGENTS];               /* something is left for a recovery */
byte rounds[AGENTS];
byte finished;
byte crashes = CRASHES, restarts = RESTARTS, giveUps = GIVEUPS;

#define SUCCESS 1
#define EXISTS 2
#define FAILED 3
#define NO_ANSWER 4
#define NO_DAEMON 5

#if LUNS == 1
#define CLEAN_DISKS (disk[0] == 0 && !scan[0])
#elif LUNS == 2
#define CLEAN_DISKS (disk[0] == 0 && !scan[0] && disk[1] == 0 && !scan[1])
#else
#define CLEAN_DISKS (disk[0] == 0 && !scan[0] && disk[1] == 0 && !scan[1] && disk[2] == 0 && !scan[2])
#endif

/* Property owned: what exists is named by a claim at every moment, so no death leaves anything that nobody knows. */
#define claimedBy(i, bits) has(claim[i], bits)
#define disksOf(i, x) (lunOfSlot[i] == x && (has(claim[i], DISK + CURRENT) || ((i) < ATTACHMENTS && has(claim[i], PENDING))))
#if SLOTS == 2
#define claimed(bits) (claimedBy(0, bits) || claimedBy(1, bits))
#define claimedDisk(x) (disksOf(0, x) || disksOf(1, x))
#elif SLOTS == 4
#define claimed(bits) (claimedBy(0, bits) || claimedBy(1, bits) || claimedBy(2, bits) || claimedBy(3, bits))
#define claimedDisk(x) (disksOf(0, x) || disksOf(1, x) || disksOf(2, x) || disksOf(3, x))
#else
#define claimed(bits) (claimedBy(0, bits) || claimedBy(1, bits) || claimedBy(2, bits) || claimedBy(3, bits) || claimedBy(4, bits) || claimedBy(5, bits))
#define claimedDisk(x) (disksOf(0, x) || disksOf(1, x) || disksOf(2, x) || disksOf(3, x) || disksOf(4, x) || disksOf(5, x))
#endif
#define ownedDisk(x) ((disk[x] == 0 && !scan[x]) || claimedDisk(x))
#if LUNS == 1
#define ownedDisks ownedDisk(0)
#elif LUNS == 2
#define ownedDisks (ownedDisk(0) && ownedDisk(1))
#else
#define ownedDisks (ownedDisk(0) && ownedDisk(1) && ownedDisk(2))
#endif
#define owned ((!ses || claimed(SESSION + CURRENT) || claimed(PENDING)) && (!record || claimed(RECORD)) && ownedDisks && \
  (busy == 0 || claimed(PENDING)))
#define stillOwned assert(promise(OWNED, owned))
