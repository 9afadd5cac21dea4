// The problems of the catalogue, as messages.
import { connectors, groups } from './ids.mjs'
import { isTest } from './test-names.mjs'

/**
 * @typedef {{ id: string, requirement: string, connectors: string[], tests?: string[], reason?: string }} Entry
 * @param {string} root @param {readonly Entry[]} entries @returns {string[]}
 */
export function complaintsOf(root, entries) {
  const expected = groups.flatMap(({ ids }) => ids)
  const ids = entries.map(({ id }) => id)
  return [
    ...expected.filter((id) => !ids.includes(id)).map((id) => `${id} is missing`),
    ...ids.filter((id) => !expected.includes(id)).map((id) => `${id} is unknown`),
    ...ids.filter((id, index) => ids.indexOf(id) < index).map((id) => `${id} appears twice`),
    ...entries.flatMap((entry) => ofEntry(root, entry).map((complaint) => `${entry.id} ${complaint}`)),
  ]
}

const KEYS = ['id', 'requirement', 'connectors', 'tests', 'reason']

/** @param {string} root @param {Entry} entry @returns {string[]} */
function ofEntry(root, entry) {
  const { requirement, connectors: named, tests, reason } = entry
  const unknown = Object.keys(entry).filter((key) => !KEYS.includes(key))
  /** @param {boolean} condition @param {string} complaint */
  const is = (condition, complaint) => (condition ? [complaint] : [])
  return [
    ...is(typeof requirement !== 'string' || requirement.length < 10, 'has no requirement'),
    ...is(!Array.isArray(named) || named.length === 0 || named.some((each) => !connectors.includes(each)), 'names an unknown connector'),
    ...is((tests?.length ?? 0) === 0 && !reason, 'has neither tests nor a reason why not'),
    ...is((tests?.length ?? 0) > 0 && Boolean(reason), 'has tests and a reason why not'),
    ...is(unknown.length > 0, `has unknown keys: ${unknown.join(', ')}`),
    ...(tests ?? []).filter((test) => !isTest(root, test)).map((test) => `names a test that does not exist: ${test}`),
  ]
}
