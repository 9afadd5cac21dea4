/** The default of `stateDir`: the journal of an owner. */
export const STATE_DIR = '/var/lib/brickwork'
/** The default of `runDir`: claims, locks and stable links of all owners. */
export const RUN_DIR = '/run/brickwork'
