/* An attach: its entry, the session of its portal, its disk, its commit. The login itself is in login.pml. */
write_claim: /* lib/attach/attach-volume.ts: attachVolume; lib/attach/journal.ts: write; lib/operation/claims.ts: write */
    if :: d_step { mine = names(mine) | ATTACHING; write(); back = 0; stage = 0 } fi;

connect: /* lib/connectors/iscsi/connect.ts: connect; lib/connectors/iscsi/login.ts: resolveGivenUp; lib/operation/claims.ts: about */
    if :: d_step { portalLock == 0 -> portalLock = me + 1; givenUp = pendings } fi;
others_login: /* lib/connectors/iscsi/login.ts: resolveGivenUp; lib/connectors/iscsi/pending-login.ts: awaitPendingLogin */
    if
    :: d_step { givenUp == 0 -> b = 0 }; goto find_session
    :: d_step { givenUp != 0 -> b = 0; do :: (givenUp & (1 << b)) == 0 -> b++ :: else -> break od } 
    fi;
    if
    :: d_step { isUnbegun -> seen[me] = 0; ours = 0 }
    :: d_step { !isUnbegun && isDecided(b) -> lockFile = 1; seen[me] = ses; ours = (inWindow(b) || record) }
    :: d_step { giveUps > 0 && !isUnbegun && !isDecided(b) -> lockFile = 1; giveUps--; b = 0 }; goto fail
    fi;
is_empty: /* lib/connectors/iscsi/pending-login.ts: isEmpty */
    if
    :: d_step { !going ->
        if :: seen[me] && ours && b < ATTACHMENTS && lunOfSlot[b] == l -> heir[me] = 1 :: else fi;
        if :: seen[me] && ours && !carriesBeside((b < ATTACHMENTS -> lunOfSlot[b] : LUNS)) -> proven[me] = 1 :: else fi;
        givenUp = givenUp & ~(1 << b); b = 0; ours = 0; seen[me] = 0 };
      goto others_login
    fi;
find_session: /* lib/connectors/iscsi/login.ts: resolveGivenUp, logInUnlessThere; lib/connectors/iscsi/find-session.ts: findSession; lib/operation/claims.ts: about */
    if
    :: d_step { !ses -> proven[me] = 0; heir[me] = 0;
#ifdef EARLY_RELEASE
        freeLock(portalLock)
#endif
      }; goto no_session
#ifdef TAKE_ENDING
    :: d_step { ses && !up -> skip }; goto fail
    :: d_step { ses && up -> seen[me] = 1 }
#else
    :: d_step { ses && others(SESSION + CURRENT + ENDING) -> back = 3; seen[me] = 1; proven[me] = 0; heir[me] = 0 }; goto logout
    :: d_step { ses && !others(SESSION + CURRENT + ENDING) && !up -> skip }; goto fail
    :: d_step { ses && !others(SESSION + CURRENT + ENDING) && up -> seen[me] = 1 }
#endif
    fi;
take_session: /* lib/connectors/iscsi/login.ts: take; lib/operation/entry-writer.ts: originAmong, update */
    if
    :: d_step {
        mine = mine | SESSION;
        if :: others(RECORD) -> mine = mine | RECORD :: else fi;
        if :: seen[me] -> mine = mine | CURRENT :: else fi;
        if :: proven[me] || others(SESSION + MADE + CURRENT) -> mine = mine | MADE :: else fi;
        write(); if :: !seen[me] -> heir[me] = 0 :: else fi; seen[me] = 0; proven[me] = 0; freeLock(portalLock)
      }
    fi;

scan_lun: /* lib/scsi/disk/scan-lun.ts: scanLun, scan; lib/scsi/disk/disk-book.ts: alone, intend; lib/operation/entry-writer.ts: own */
    if
    :: d_step { !current -> skip }; goto fail /* the session has gone */
    :: d_step { current && lunLock[l] == 0 && disk[l] == 1 -> lunLock[l] = me + 1 }
    :: d_step { current && lunLock[l] == 0 && disk[l] == 0 -> lunLock[l] = me + 1; mine = mine | DISK | INTENDED; write() }; goto scan_now
    fi;
old_disk: /* lib/scsi/disk/disk-book.ts: found; lib/operation/entry-writer.ts: originOf, record */
    if
    :: d_step {
        mine = mine | DISK; if :: othersBrought || heir[me] -> mine = mine | BROUGHT :: else fi;
        heir[me] = 0; write(); freeLock(lunLock[l])
      }; goto verify
    fi;
scan_now: /* lib/scsi/disk/scan-lun.ts: scan; lib/linux/scsi/scan.ts: scanLun */
    if :: d_step { if :: current && disk[l] == 0 -> scan[l] = 1 :: else fi } fi;
    if
    :: d_step { current && !scan[l] -> skip }
    :: d_step { !current -> skip }; goto fail
    fi;
own_disk: /* lib/scsi/disk/disk-book.ts: found; lib/operation/entry-writer.ts: record */
    if :: d_step { mine = (mine & ~INTENDED) | BROUGHT; heir[me] = 0; write(); freeLock(lunLock[l]) } fi;

verify: /* lib/attach/attach-volume.ts: handOver; lib/operation/entry-writer.ts: update */
    if
    :: d_step { diskThere -> mine = names(mine) | ATTACHED; write() }
    :: d_step { !diskThere -> skip }; goto fail
    :: d_step { giveUps > 0 -> giveUps-- }; goto fail /* another volume, no udev, no time */
    fi;
commit: /* lib/attach/attach-volume.ts: handOver; lib/attach/journal.ts: write; lib/attach/operation-runner.ts: #admitted */
    if
    :: d_step { journal[a] = ATTACHED; freeLock(attachmentLock[a]) }; goto idle
    :: d_step { giveUps > 0 -> giveUps-- }; goto fail /* its disk is full */
    fi;
