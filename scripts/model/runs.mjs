// What is checked of test/model: scopes with their budgets, and planted errors with what they must break.

/** @typedef {'login-once' | 'no-logout-under-disks' | 'owned' | 'clean-end' | 'no-deadlock'} Property */
/**
 * @typedef {object} Run
 * @property {string} name
 * @property {string} about
 * @property {Readonly<Record<string, string | number>>} define macros of test/model/state.pml
 * @property {Property} [breaks] a planted error: the property that must fail
 */
/** @typedef {Run & { breaks: Property, mutation: string }} Planted mutation: the patch of test/mutations that plants the same error in lib */

/** @type {readonly Property[]} */
export const PROPERTIES = ['login-once', 'no-logout-under-disks', 'owned', 'clean-end', 'no-deadlock']

/** How often: attaches of each agent, deaths of agents, deaths of iscsid, operations that are given up. */
const DEATHS = { ROUNDS: 1, CRASHES: 1, RESTARTS: 1, GIVEUPS: 0 }

/** @type {readonly Run[]} */
export const SCOPES = [
  { name: 'two-volumes', about: 'two owners, two volumes on one session', define: { SCOPE: 'TWO_VOLUMES', ...DEATHS } },
  { name: 'one-volume', about: 'two owners, the same volume', define: { SCOPE: 'ONE_VOLUME', ...DEATHS } },
  { name: 'one-attachment', about: 'two processes of one owner, one attachment', define: { SCOPE: 'ONE_ATTACHMENT', ...DEATHS } },
]

const PLANTED = { SCOPE: 'TWO_VOLUMES', ROUNDS: 1, RESTARTS: 0, GIVEUPS: 0 }
const UNDER_DISKS = { ONLY: 'NO_LOGOUT_UNDER_DISKS', DISKS_ONLY: 1 }
/** @type {readonly Planted[]} */
export const PLANTED_ERRORS = [
  {
    name: 'claim-after-act',
    about: 'a login is claimed when it has ended',
    define: { ...PLANTED, CRASHES: 1, ONLY: 'LOGIN_ONCE', CLAIM_AFTER_ACT: 1 },
    breaks: 'login-once',
    mutation: 'login-claimed-late',
  },
  {
    name: 'claim-read-before-lock',
    about: 'claims are read before the lock of the portal is taken',
    define: { ...PLANTED, CRASHES: 0, ...UNDER_DISKS, READ_BEFORE_LOCK: 1 },
    breaks: 'no-logout-under-disks',
    mutation: 'claims-read-before-the-lock',
  },
  {
    name: 'lock-released-early',
    about: 'the lock of the portal is free again before the login',
    define: { ...PLANTED, CRASHES: 0, ONLY: 'LOGIN_ONCE', EARLY_RELEASE: 1 },
    breaks: 'login-once',
    mutation: 'portal-free-before-the-login',
  },
  {
    name: 'ending-session-taken',
    about: 'a session is taken although a logout was begun for it',
    define: { ...PLANTED, CRASHES: 1, ...UNDER_DISKS, TAKE_ENDING: 1 },
    breaks: 'no-logout-under-disks',
    mutation: 'ending-session-taken',
  },
  {
    name: 'scanned-disk-forgotten',
    about: 'a pending login stands for its session only, and not for the disk that was scanned on it',
    define: { ...PLANTED, CRASHES: 1, ONLY: 'OWNED', FORGETS_SCAN: 1 },
    breaks: 'owned',
    mutation: 'scanned-disk-forgotten',
  },
]

/** More agents and larger budgets, for `npm run test:full -- model`. @type {readonly Run[]} */
export const LARGE = [
  ...SCOPES.map(({ name, about, define }) => ({
    name: `${name}-given-up`,
    about: `${about}; one operation is given up`,
    define: { ...define, GIVEUPS: 1 },
  })),
  { name: 'two-deaths', about: 'two owners, two volumes; two deaths of agents', define: { SCOPE: 'TWO_VOLUMES', ...DEATHS, CRASHES: 2 } },
  {
    name: 'three-agents',
    about: 'three owners, three volumes on one session',
    define: { SCOPE: 'TWO_VOLUMES', AGENTS: 3, ...DEATHS },
  },
]
