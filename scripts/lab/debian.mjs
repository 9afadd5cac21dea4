// Finds the mirrors of Debian packages in the machine's own apt configuration, so a local mirror is used if there is one.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {{ uris: string[], suites: string[], components: string[] }} Source
 * @typedef {{ main: string, security: string, keyring: string | undefined }} Mirrors
 */

/** The machine's distribution from /etc/os-release. @returns {{ id: string, codename: string }} */
export function machine() {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  /** @param {string} key */
  const value = (key) => text.match(new RegExp(`^${key}="?([^"\n]*)"?$`, 'm'))?.[1] ?? ''
  return { id: value('ID'), codename: value('VERSION_CODENAME') }
}

/** The mirrors to make guests from. @returns {Mirrors} */
export function mirrors() {
  const { id, codename } = machine()
  const sources = id === 'debian' && codename ? readSources() : []
  /** @param {string} suite */
  const uri = (suite) =>
    sources
      .find((source) => source.suites.includes(suite) && source.components.includes('main'))
      ?.uris.find((each) => /^https?:/.test(each))
      ?.replace(/\/$/, '')
  const keyring = ['/usr/share/keyrings/debian-archive-keyring.gpg'].find((file) => existsSync(file))
  return {
    main: uri(codename) ?? 'http://deb.debian.org/debian',
    security: uri(`${codename}-security`) ?? 'http://deb.debian.org/debian-security',
    keyring,
  }
}

/** All package sources in both of apt's formats. @returns {Source[]} */
function readSources() {
  const folder = '/etc/apt/sources.list.d'
  const files = ['/etc/apt/sources.list']
  if (existsSync(folder))
    files.push(
      ...readdirSync(folder)
        .sort()
        .map((name) => join(folder, name)),
    )
  return files
    .filter((file) => existsSync(file))
    .flatMap((file) => {
      const text = readFileSync(file, 'utf8')
      if (file.endsWith('.sources')) return parseStanzas(text)
      return file.endsWith('.list') ? parseLines(text) : []
    })
}

/** `deb [options] URI SUITE COMPONENT…` @param {string} text @returns {Source[]} */
export function parseLines(text) {
  return text.split('\n').flatMap((line) => {
    const words = line.match(/^\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)\s+([^#]*)/)
    if (words === null) return []
    const [, uri = '', suite = '', components = ''] = words
    return [{ uris: [uri], suites: [suite], components: components.trim().split(/\s+/) }]
  })
}

/** Stanzas of `Types:`, `URIs:`, `Suites:`, `Components:`. @param {string} text @returns {Source[]} */
export function parseStanzas(text) {
  const withoutComments = text.replace(/^#.*\n?/gm, '')
  return withoutComments.split(/\n\s*\n/).flatMap((stanza) => {
    /** @param {string} key */
    const field = (key) =>
      stanza
        .match(new RegExp(`^${key}:([^\n]*(?:\n[ \t][^\n]*)*)`, 'im'))?.[1]
        ?.trim()
        .split(/\s+/) ?? []
    if (!field('Types').includes('deb') || field('Enabled')[0]?.toLowerCase() === 'no') return []
    return [{ uris: field('URIs'), suites: field('Suites'), components: field('Components') }]
  })
}

/** The text of a guest's /etc/apt/sources.list. @param {string} distribution @param {Mirrors} from */
export const sourcesList = (distribution, from) =>
  `deb ${from.main} ${distribution} main
deb ${from.main} ${distribution}-updates main
deb ${from.security} ${distribution}-security main
`
