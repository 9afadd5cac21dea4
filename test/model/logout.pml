/* The end of a session: its users, its mark in the claim, the logout. */
session_kept: /* lib/connectors/iscsi/release-session.ts: endSession, awaitsDisk; lib/operation/entry-writer.ts: own, disown */
    if
    :: d_step { back == 2 && keep && late -> keep = 0; seen[me] = 0; ours = 0; back = 4; stage++; freeLock(portalLock) }; goto release
    :: d_step { back == 2 && ((keep && !late) || (!keep && !seen[me])) -> forgetSession(); back = 4; stage++ }; goto release
    :: d_step { back == 1 && (keep || !seen[me]) -> forgetAlone(); back = 0 }; goto forget_login
    :: d_step { !keep && seen[me] ->
#ifndef TAKE_ENDING
        ownSession(MADE | ENDING); write()
#endif
      }
    fi;
logout: /* lib/connectors/iscsi/logout.ts: logOut; lib/connectors/iscsi/iscsid-client.ts: askForLogout */
    if
    :: d_step { seen[me] && daemon -> if :: closing == 0 -> closing = a + 1 :: else fi }
    :: d_step { seen[me] && !daemon -> keep = 0; seen[me] = 0; ours = 0 }; goto fail
    :: !seen[me]
    fi;
gone: /* lib/connectors/iscsi/logout.ts: logOut, sessionOf; lib/operation/entry-writer.ts: disown */
    if
    :: d_step { !seen[me] && back == 3 && !ses -> back = 0 }; goto no_session
    :: d_step { !seen[me] && back == 2 -> forgetSession(); back = 4; stage++ }; goto release
    :: d_step { !seen[me] && back == 1 -> forgetAlone(); back = 0 }; goto forget_login
    :: seen[me] && closing == 0 -> goto logout /* iscsid died before its answer */
    :: d_step { seen[me] && giveUps > 0 -> giveUps--; keep = 0; seen[me] = 0; ours = 0 }; goto fail
    fi;
