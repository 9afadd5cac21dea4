/* A login: record and pending login in the claim, the record, the request, its answer. The portal's lock is held. */
no_session: /* lib/connectors/iscsi/login.ts: logInWithRecord; lib/connectors/iscsi/node-record.ts: prepareRecord; lib/operation/entry-writer.ts: record */
    if
    :: d_step {
#ifndef CLAIM_AFTER_ACT
        mine = mine | RECORD | PENDING; window[a] = 1;
#else
        mine = mine | RECORD;
#endif
        write()
      }
    fi;
write_record: /* lib/connectors/iscsi/record-lock.ts: changeRecord */
    if :: d_step { record = 1; recordOwner = ownerOf(me) + 1; stillOwned } fi;
in_time: /* lib/connectors/iscsi/login.ts: logIn, whileRunning; lib/connectors/iscsi/login-window.ts: inTime; lib/operation/entry-writer.ts: pend */
    if
    :: d_step {
        lockFile = 1;
#ifndef CLAIM_AFTER_ACT
        if :: !window[a] -> window[a] = 1; write() :: else fi
#else
        window[a] = 1
#endif
      }
    fi;
ask: /* lib/connectors/iscsi/login.ts: logIn; lib/connectors/iscsi/iscsid-client.ts: askForLogin */
    if
    :: d_step {
        /* Property login-once: never a second login to a portal that has a session or a login in progress. */
        assert(promise(LOGIN_ONCE, !ses && busy == 0));
        answer[me] = 0;
        if
        :: !daemon -> answer[me] = NO_DAEMON
        :: daemon && (ses || busy > 0) -> answer[me] = EXISTS
        :: else -> busy = a + 1; running[a] = me + 1; waits[me] = 1
        fi;
        stillOwned
      }
    fi;
answered: /* lib/connectors/iscsi/login.ts: logIn, shown; lib/linux/iscsi/iscsiadm.ts: leavesLoginOpen; lib/operation/entry-writer.ts: resolved */
    if
    :: d_step { answer[me] == SUCCESS && ses && up -> answer[me] = 0; seen[me] = 1 }; goto first_look
    :: d_step { answer[me] == SUCCESS && !(ses && up) -> answer[me] = 0 }; goto fail
    :: d_step { answer[me] == EXISTS -> answer[me] = 0; disown(PENDING) }; goto found_session
    :: d_step { answer[me] == FAILED || answer[me] == NO_DAEMON -> answer[me] = 0; disown(PENDING) }; goto fail
    :: d_step { answer[me] == NO_ANSWER -> answer[me] = 0 }; goto fail
    :: d_step { answer[me] == 0 && giveUps > 0 -> giveUps--; waits[me] = 0 }; goto fail
    fi;
/* Nobody else uses the new session before its disk is recorded: the lock of the portal is still held. Until then the pending login stands for both. */
first_look: /* lib/connectors/iscsi/connect.ts: connect; lib/scsi/disk/bring-up.ts: bringUp; lib/scsi/disk/scan-lun.ts: scanLun, scan; lib/scsi/disk/disk-book.ts: intend */
    if
    :: d_step { seen[me] && disk[l] == 0 -> keep = 0 }
    :: d_step { seen[me] && disk[l] == 1 -> keep = 1 }; goto own_both /* somebody else has scanned it */
    :: d_step { !seen[me] -> mine = (mine & ~PENDING) | SESSION | MADE; write() }; goto fail
    fi;
first_scan: /* lib/scsi/disk/scan-lun.ts: scan; lib/linux/scsi/scan.ts: scanLun */
    if :: d_step { if :: seen[me] && disk[l] == 0 -> scan[l] = 1; stillOwned :: else fi } fi;
    if
    :: d_step { seen[me] && !scan[l] -> skip }
    :: d_step { !seen[me] -> mine = (mine & ~PENDING) | SESSION | MADE | DISK | INTENDED; write() }; goto fail
    :: d_step { seen[me] && giveUps > 0 -> giveUps--; seen[me] = 0; mine = (mine & ~PENDING) | SESSION | MADE | CURRENT | DISK | INTENDED; write() }; goto fail
    fi;
own_both: /* lib/scsi/disk/disk-book.ts: found; lib/operation/entry-writer.ts: record */
    if
    :: d_step {
        mine = (mine & ~PENDING) | SESSION | MADE | DISK;
        if :: seen[me] -> mine = mine | CURRENT :: else fi;
        if :: !keep || othersBrought -> mine = mine | BROUGHT :: else fi;
        write(); seen[me] = 0; keep = 0; freeLock(portalLock)
      }; goto verify
    fi;
found_session: /* lib/connectors/iscsi/login.ts: shown, logIn; lib/operation/entry-writer.ts: own */
    if
    :: d_step { ses && up -> mine = mine | SESSION | CURRENT; write(); freeLock(portalLock) }; goto scan_lun
    :: d_step { busy == 0 && !(ses && up) -> skip }; goto fail
    fi;
