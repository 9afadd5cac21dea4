// The patches of test/mutations: the requirement that each breaks, and the test that must fail.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { groups } from '../requirements/ids.mjs'
import { isTest } from '../requirements/test-names.mjs'

const FOLDER = 'test/mutations'

/**
 * @typedef {{ name: string, file: string, why: string, requirement: string, test: { file: string, name: string } }} Mutation
 * A patch begins with one line that says what it breaks, `Requirement: ID` and `Test: FILE › SUITE > TEST`.
 * @param {string} root @returns {readonly Mutation[]}
 */
export function mutations(root) {
  const names = readdirSync(join(root, FOLDER)).filter((name) => name.endsWith('.patch'))
  return names.sort().map((each) => read(join(root, FOLDER, each), each.replace(/\.patch$/, '')))
}
/** @param {string} file @param {string} name @returns {Mutation} */
function read(file, name) {
  const text = readFileSync(file, 'utf8')
  /** @param {string} key */
  const field = (key) => new RegExp(`^${key}: (.*)$`, 'm').exec(text)?.[1] ?? ''
  const [testFile = '', testName = ''] = field('Test').split(' › ')
  return { name, file, why: text.split('\n', 1)[0] ?? '', requirement: field('Requirement'), test: { file: testFile, name: testName } }
}

/** @param {string} root @param {readonly Mutation[]} all @returns {readonly string[]} */
export function complaintsOf(root, all) {
  const known = new Set(groups.flatMap(({ ids }) => ids))
  return all.flatMap(({ name, requirement, test, why }) => [
    ...(why === '' ? [`${name} does not say what it breaks`] : []),
    ...(known.has(requirement) ? [] : [`${name} breaks an unknown requirement: ${requirement}`]),
    ...(isTest(root, `${test.file} › ${test.name}`) ? [] : [`${name} names a test that does not exist: ${test.file} › ${test.name}`]),
  ])
}
