/* A release: disks, the session, what is left of them, the record. Whoever is the last to use something removes it. */
release: /* lib/operation/connector.ts: resolveAllPending; lib/attach/attach-volume.ts: resolvePendingSoon; lib/scsi/volume/release.ts: releaseVolume; lib/scsi/disk/remove-disk.ts: releaseDisk; lib/connectors/iscsi/release-session.ts: releaseSession, releaseRecord */
    if
    :: d_step { (mine & PENDING) != 0 && back == 0 && portalLock == 0 -> portalLock = me + 1 }; goto await
    :: d_step { resolvedOrLeft && (due == 0 || due == 2) && (lunLock[l] == 0 || !current) ->
        stage = due; ours = 0; if :: current -> lunLock[l] = me + 1 :: else fi }; goto look
#ifndef READ_BEFORE_LOCK
    :: d_step { resolvedOrLeft && (due == 1 || due == 3) && portalLock == 0 && !going ->
        stage = due; back = 2; portalLock = me + 1; seen[me] = current; ours = has(mine, MADE); weigh() }; goto session_kept
#else
    :: d_step { resolvedOrLeft && (due == 1 || due == 3) && !going -> stage = due; back = 2; seen[me] = current; ours = has(mine, MADE); weigh() };
      if :: d_step { portalLock == 0 -> portalLock = me + 1 }; goto session_kept fi
#endif
    :: d_step { resolvedOrLeft && due == 4 && portalLock == 0 -> portalLock = me + 1; keep = (othersRecord || (mine & PENDING) != 0 || ses) };
      goto delete_record
    :: d_step { resolvedOrLeft && due == DONE && op == ATTACH -> stage = 0; back = 0; op = CONNECT; journal[a] = ATTACHING }; goto write_claim
    :: d_step { resolvedOrLeft && due == DONE && op == ROLLBACK && (mine & PENDING) != 0 ->
        journal[a] = ATTACHING; again[me] = 1; freeLock(attachmentLock[a]) }; goto idle
    :: d_step { resolvedOrLeft && due == DONE && op != ATTACH && !(op == ROLLBACK && (mine & PENDING) != 0) -> back = 0; stage = 0; journal[a] = 0 };
      goto drop
    fi;
await: /* lib/connectors/iscsi/pending-login.ts: undoPendingLogin, awaitPendingLogin; lib/connectors/iscsi/release-session.ts: finishLogout; lib/operation/entry-writer.ts: record */
    if
    :: d_step { isUnbegun -> ours = 0 }; goto forget_login
    :: d_step { (isDecided(a) || (ours && running[a] == 0)) && has(mine, SESSION + CURRENT) -> ours = 0 }; goto forget_login
    :: d_step { (isDecided(a) || (ours && running[a] == 0)) && !has(mine, SESSION + CURRENT) && becomesOurs &&
        others(SESSION + CURRENT + ENDING) -> lockFile = 1; seen[me] = 1; ours = 0; back = 1 }; goto logout
    :: d_step { (isDecided(a) || (ours && running[a] == 0)) && !has(mine, SESSION + CURRENT) && becomesOurs &&
        !others(SESSION + CURRENT + ENDING) ->
        mine = mine & ~PENDING; ownSession(MADE);
#ifndef FORGETS_SCAN
        mine = mine | DISK | INTENDED;
#endif
        write(); lockFile = 1; ours = 0; freeLock(portalLock) }; goto release
    :: d_step { (isDecided(a) || (ours && running[a] == 0)) && !has(mine, SESSION + CURRENT) && !becomesOurs ->
        lockFile = 1; seen[me] = ses; ours = (ours || inWindow(a) || record) }; goto session_look
    :: d_step { !ours && asked(a) -> ours = 1 }; goto await /* its own login: it learns of its end */
    :: d_step { giveUps > 0 && !isUnbegun && !isDecided(a) -> giveUps--; freeLock(portalLock); ours = 0; back = 4 };
      if :: op == ROLLBACK -> goto release :: op != ROLLBACK -> goto fail fi
    fi;
session_look: /* lib/connectors/iscsi/release-session.ts: reasonToKeep, carriedBy; lib/operation/claims.ts: others */
    if :: d_step { !going -> back = 1; weigh() }; goto session_kept fi;
forget_login: /* lib/connectors/iscsi/pending-login.ts: undoPendingLogin; lib/operation/entry-writer.ts: resolved */
    if :: d_step { disown(PENDING); freeLock(portalLock) }; goto release fi;

look: /* lib/scsi/disk/remove-disk.ts: wholeDiskOf, reasonToKeep; lib/scsi/disk/disk-of.ts: diskOf; lib/scsi/disk/interrupted-scan.ts: nexusStays; lib/operation/claims.ts: others */
    if
    :: d_step { diskThere && (othersDisk || (mine & (BROUGHT | INTENDED)) == 0) -> skip }; goto disown_disk
    :: d_step { diskThere && !othersDisk && (mine & (BROUGHT | INTENDED)) != 0 -> skip }; goto delete
    :: d_step { (!current || disk[l] == 0) && (!late || ours) -> skip }; goto disown_disk
    :: d_step { (!current || disk[l] == 0) && late && !ours && nexusStays -> ours = 1 }; goto await_scan
    :: d_step { (!current || disk[l] == 0) && late && !ours && !nexusStays -> freeLock(lunLock[l]); stage++ }; goto release
    fi;
await_scan: /* lib/scsi/disk/interrupted-scan.ts: awaitScan; lib/linux/scsi/scan.ts: scanLun */
    if :: d_step { !current || !scan[l] -> if :: current -> scan[l] = (disk[l] == 0) :: else fi } fi;
    if :: d_step { !current || !scan[l] -> skip }; goto look fi;
delete: /* lib/scsi/disk/remove-disk.ts: removeDisk; lib/linux/scsi/tell-disk.ts: deleteDisk */
    if :: d_step { if :: diskThere -> disk[l] = 2 :: else fi } fi;
    if :: d_step { !current || disk[l] != 2 -> skip } fi;
disown_disk: /* lib/operation/entry-writer.ts: disown */
    if :: d_step { disown(DISK | BROUGHT | INTENDED); freeLock(lunLock[l]); ours = 0; stage++ }; goto release fi;

delete_record: /* lib/connectors/iscsi/release-session.ts: releaseRecord, reasonToKeepRecord; lib/connectors/iscsi/find-session.ts: findSession; lib/connectors/iscsi/node-record.ts: removeRecord */
    if :: d_step { if :: !keep -> record = 0; recordOwner = 0 :: else fi; keep = 0 } fi;
disown_record: /* lib/operation/entry-writer.ts: disown */
    if :: d_step { if :: (mine & PENDING) == 0 -> disown(RECORD) :: else fi; freeLock(portalLock); stage = DONE }; goto release fi;

drop: /* lib/attach/attach-volume.ts: deleteEntry; lib/attach/journal.ts: forget; lib/operation/claims.ts: drop */
    if
    :: d_step { op == RECOVER -> mine = 0; write(); freeLock(attachmentLock[a]) }; goto orphans
    :: d_step { op == ORPHANS -> mine = 0; write(); freeLock(attachmentLock[a]); tries++ };
      if :: tries < LUNS + 2 -> goto orphans :: else -> goto idle fi
    :: d_step { op != RECOVER && op != ORPHANS -> mine = 0; write(); freeLock(attachmentLock[a]) }; goto idle
    fi;
