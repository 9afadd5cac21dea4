/* The protocol between the processes of a host that share one iSCSI session: attachment locks, object locks, claims and journal.
   docs/evidence/model.md says what is modelled, what is left out, and how to run it. Each label names its function in lib. */
#include "state.pml"
#include "host.pml"
#include "steps.pml"
#include "agent.pml"
#include "fate.pml"

init {
  byte p;
  atomic {
    for (p : 0 .. AGENTS - 1) { 
      rounds[p] = ROUNDS;
      lunOfSlot[attachmentOf(p)] = lunOf(attachmentOf(p));
      run Agent(p)
    }
    run Iscsid();
    run Kernel();
    run Fate();
  }
  (finished == AGENTS && busy == 0 && closing == 0) ->
    /* Property clean-end: everybody has detached or recovered what was his, and nothing is left. */
    d_step { assert(promise(CLEAN_END, !ses && !record && CLEAN_DISKS)) }
}
