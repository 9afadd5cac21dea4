/* An agent: a process that attaches, detaches and recovers, and after its death the next process of the same owner. */

inline begin(what) { op = what; works[me] = 1 }
#define entryThere (claim[a] != 0 || journal[a] != 0)
#define recorded (claim[a] != 0 -> claim[a] : journal[a])
#define isReady(e) (has(e, CURRENT) && up && disk[l] == 1)

proctype Agent(byte me) {
  byte a, l, b, i, op, stage, back, givenUp, tries;
  bit ours, keep;
  {
    works[me] = 0;
idle: /* lib/attach/attacher.ts: attach, detach, recover */
    if
    :: d_step {
        mine = 0; seen[me] = 0; proven[me] = 0; heir[me] = 0; answer[me] = 0; works[me] = 0;
        a = attachmentOf(me); l = lunOf(a); b = 0; i = 0; op = 0; stage = 0; back = 0; givenUp = 0; tries = 0; ours = 0; keep = 0
      }
    fi;
    if
    :: d_step { rounds[me] > 0 -> rounds[me]--; begin(ATTACH) }
    :: d_step { entryThere -> begin(DETACH) }
    :: d_step { again[me] -> again[me] = 0; begin(RECOVER) }
    :: d_step { rounds[me] == 0 && !entryThere && !again[me] -> finished++ }; goto done
    fi;
admit: /* lib/attach/operation-runner.ts: #admit; lib/attach/attachment-lock.ts: take; lib/attach/known-entry.ts: knownEntry; lib/attach/attach-volume.ts: attachAgain; lib/attach/recovery/recover-volume.ts: judge; lib/scsi/volume/locate.ts: locateVolume */
    if
    :: d_step { attachmentLock[a] == 0 && !entryThere && op == ATTACH ->
        attachmentLock[a] = me + 1; op = CONNECT; journal[a] = ATTACHING }; goto write_claim
    :: d_step { attachmentLock[a] == 0 && !entryThere && op == DETACH -> skip }; goto idle
    :: d_step { attachmentLock[a] == 0 && !entryThere && op == RECOVER -> skip }; goto orphans
    :: d_step { attachmentLock[a] == 0 && stateOf(recorded) == ATTACHED && op != DETACH && isReady(recorded) ->
        attachmentLock[a] = me + 1; mine = recorded }; goto confirm
    :: d_step { attachmentLock[a] == 0 && stateOf(recorded) == ATTACHED && op == RECOVER && !isReady(recorded) -> skip }; goto orphans
    :: d_step { attachmentLock[a] == 0 && entryThere &&
        (op == DETACH || (op == ATTACH && stateOf(recorded) == ATTACHED && !isReady(recorded))) ->
        attachmentLock[a] = me + 1; mine = names(recorded) | DETACHING }
    :: d_step { attachmentLock[a] == 0 && entryThere && op != DETACH && stateOf(recorded) != ATTACHED ->
        attachmentLock[a] = me + 1; mine = recorded }
    fi;
undo: /* lib/attach/detach-volume.ts: detachVolume; lib/attach/attach-volume.ts: cleanUp; lib/attach/recovery/recover-volume.ts: carryOut; lib/operation/entry-writer.ts: update */
    if :: d_step { write() } fi;
#include "release.pml"
#include "logout.pml"
#include "attach.pml"
#include "login.pml"
#include "orphans.pml"
confirm: /* lib/attach/recovery/recover-volume.ts: confirm; lib/attach/operation-runner.ts: #admitted */
    if
    :: d_step { op == RECOVER -> journal[a] = ATTACHED; freeLock(attachmentLock[a]) }; goto orphans
    :: d_step { op != RECOVER -> freeLock(attachmentLock[a]) }; goto idle
    fi;
fail: /* lib/attach/attach-volume.ts: rollBack; lib/attach/operation-runner.ts: #admitted */
    if
    :: d_step { op == CONNECT ->
        freeLock(portalLock); freeLock(lunLock[l]);
        seen[me] = 0; proven[me] = 0; heir[me] = 0; keep = 0; ours = 0; back = 0; givenUp = 0; op = ROLLBACK;
        if :: stateOf(mine) == ATTACHED -> mine = names(mine) | ATTACHING; write() :: else fi
      }; goto release
    :: d_step { op != CONNECT ->
        freeLock(portalLock); freeLock(lunLock[l]); freeLock(attachmentLock[a]);
        if :: op != DETACH -> again[me] = 1 :: else fi
      }; goto idle
    fi;
done: /* lib/attach/attacher.ts: close */
    works[me] = 0
  } unless {
    dead[me] -> dead[me] = 0; goto idle
  }
}
