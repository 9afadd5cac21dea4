/* Orphans: what this owner created and no entry names. The host is looked at before the claims. */
orphans: /* lib/attach/recovery/recover-all.ts: #orphans; lib/attach/attachment-lock.ts: take; lib/connectors/iscsi/survey.ts: surveySessions */
    if
    :: d_step { attachmentLock[orphansOf(me)] == 0 ->
        op = ORPHANS; a = orphansOf(me); attachmentLock[a] = me + 1; mine = 0; stage = 0; back = 0;
        keep = (record && recordOwner == ownerOf(me) + 1); seen[me] = (ses && keep); b = 0;
        for (i : 0 .. LUNS - 1) { if :: seen[me] && disk[i] == 1 -> b = b | (1 << i) :: else fi }
        i = 0
      }
    fi;
claimed: /* lib/scsi/connector.ts: findOrphans; lib/attach/recovery/recover-all.ts: #claimed; lib/connectors/iscsi/orphan-sessions.ts: orphanSessions; lib/scsi/volume/orphan-volumes.ts: orphanVolumes */
    if
    :: d_step {
        for (i : 0 .. SLOTS - 1) { if :: i != a && has(claim[i], DISK + CURRENT) -> b = b & ~(1 << lunOfSlot[i]) :: else fi }
        i = 0;
        if
        :: !others(PENDING) && seen[me] && b != 0 ->
          l = 0; do :: (b & (1 << l)) == 0 -> l++ :: else -> break od;
          mine = DETACHING | DISK | BROUGHT | CURRENT
        :: !others(PENDING) && seen[me] && b == 0 && !others(SESSION + CURRENT) -> mine = DETACHING | SESSION | MADE | CURRENT | RECORD
        :: !others(PENDING) && !seen[me] && keep && !others(RECORD) -> mine = DETACHING | RECORD | PENDING
        :: else
        fi;
        keep = 0; b = 0; seen[me] = 0
      }
    fi;
claim_orphan: /* lib/attach/recovery/orphans.ts: removeOrphans, removeOrphan; lib/operation/entry-writer.ts: update; lib/operation/claims.ts: drop */
    if
    :: d_step { mine != 0 -> lunOfSlot[a] = l; if :: (mine & PENDING) != 0 -> window[a] = 1 :: else fi; write() }; goto release
    :: d_step { mine == 0 -> write(); freeLock(attachmentLock[a]) }; goto idle
    fi;
