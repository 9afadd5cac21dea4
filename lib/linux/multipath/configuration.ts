/** Parses multipath.conf (multipath.conf(5); libmultipath/parser.c): sections in braces, `#` and `!` begin a comment. */
import type { Host } from '../../core/host.js'

export interface MultipathSetting {
  /** `defaults`, `blacklist`, `blacklist device`, `devices device`, `overrides`, … */
  readonly section: string
  /** Number of the section in the file: settings of one `device` belong together. */
  readonly block: number
  readonly key: string
  /** Without quotes. */
  readonly value: string
  readonly file: string
}

const FILE = '/etc/multipath.conf'
const FOLDER = '/etc/multipath/conf.d'

/** All settings of the file and of its folder, in the order in which multipath-tools read them. */
export async function readMultipathSettings(
  host: Host,
): Promise<{ readonly files: readonly string[]; readonly settings: readonly MultipathSetting[] }> {
  const names = (await host.files.list(FOLDER)).filter((name) => name.endsWith('.conf'))
  const texts = await Promise.all(
    [FILE, ...names.map((name) => `${FOLDER}/${name}`)].map(async (file) => {
      const text = await host.files.read(file)
      return text === undefined ? [] : [{ file, text }]
    }),
  )
  const found = texts.flat()
  return { files: found.map(({ file }) => file), settings: found.flatMap(({ file, text }) => parseMultipathSettings(text, file)) }
}

export function parseMultipathSettings(text: string, file = FILE): MultipathSetting[] {
  const settings: MultipathSetting[] = []
  const open: { readonly name: string; readonly block: number }[] = []
  let blocks = 0
  for (const line of text.split('\n')) {
    let words: string[] = []
    const take = () => {
      const [key, ...values] = words
      if (key !== undefined)
        settings.push({
          section: open.map(({ name }) => name).join(' '),
          block: open.at(-1)?.block ?? 0,
          key,
          value: values.join(' '),
          file,
        })
      words = []
    }
    for (const word of wordsIn(line)) {
      if (word === '{') {
        open.push({ name: words.join(' '), block: ++blocks })
        words = []
      } else if (word === '}') {
        take()
        open.pop()
      } else words.push(word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word)
    }
    take()
  }
  return settings
}
/** A quoted word may contain anything; two quotes stand for one. */
function wordsIn(line: string): string[] {
  const words: string[] = []
  for (const [word] of line.matchAll(/"(?:[^"]|"")*"|[{}]|[#!].*|[^\s{}"]+/g)) {
    if (/^[#!]/.test(word)) break
    words.push(word)
  }
  return words
}

/** The last value wins, as in multipath-tools. */
export function settingOf(settings: readonly MultipathSetting[], section: string, key: string): MultipathSetting | undefined {
  return settings.findLast((each) => each.section === section && each.key === key)
}
