/** The command line of iscsiadm, as far as the model knows it. */
export interface IscsiadmArguments {
  readonly mode: string | undefined
  readonly type: string | undefined
  readonly target: string | undefined
  readonly portal: string | undefined
  readonly iface: string | undefined
  readonly operation: string | undefined
  readonly names: readonly string[]
  readonly values: readonly string[]
  readonly sid: number | undefined
  readonly print: number
  readonly login: boolean
  readonly logout: boolean
  readonly discover: boolean
  readonly noWait: boolean
  readonly version: boolean
  /** Words that the model doesn't know. */
  readonly unknown: readonly string[]
}

const withValue: Readonly<Record<string, string>> = {
  '-m': 'mode',
  '--mode': 'mode',
  '-t': 'type',
  '--type': 'type',
  '-T': 'target',
  '--targetname': 'target',
  '-p': 'portal',
  '--portal': 'portal',
  '-I': 'iface',
  '--interface': 'iface',
  '-o': 'operation',
  '--op': 'operation',
  '-n': 'name',
  '--name': 'name',
  '-v': 'value',
  '--value': 'value',
  '-r': 'sid',
  '--sid': 'sid',
  '-P': 'print',
  '--print': 'print',
}
const flags: Readonly<Record<string, string>> = {
  '-l': 'login',
  '--login': 'login',
  '-u': 'logout',
  '--logout': 'logout',
  '-D': 'discover',
  '--discover': 'discover',
  '-W': 'noWait',
  '--no_wait': 'noWait',
  '-V': 'version',
  '--version': 'version',
}

export function parseArguments(words: readonly string[]): IscsiadmArguments {
  const given: { readonly option: string; readonly value: string }[] = []
  const unknown: string[] = []
  for (const word of wordsOf(words)) {
    const open = given.at(-1)
    const flag = flags[word]
    const option = withValue[word]
    if (open?.value === '\0') given[given.length - 1] = { option: open.option, value: word }
    else if (flag !== undefined) given.push({ option: flag, value: '' })
    else if (option !== undefined) given.push({ option, value: '\0' })
    else unknown.push(word)
  }
  if (given.at(-1)?.value === '\0') unknown.push(`${given.at(-1)?.option ?? ''} without a value`)
  const all = (name: string): string[] => given.filter(({ option }) => option === name).map(({ value }) => value)
  const last = (name: string): string | undefined => all(name).at(-1)
  const sid = last('sid')
  return {
    mode: last('mode'),
    type: last('type'),
    target: last('target'),
    portal: last('portal'),
    iface: last('iface'),
    operation: last('operation'),
    names: all('name'),
    values: all('value'),
    sid: sid === undefined ? undefined : Number(sid),
    print: Number(last('print') ?? 0),
    login: all('login').length > 0,
    logout: all('logout').length > 0,
    discover: all('discover').length > 0,
    noWait: all('noWait').length > 0,
    version: all('version').length > 0,
    unknown,
  }
}

/** `--mode=node` → `--mode`, `node` */
function wordsOf(words: readonly string[]): string[] {
  return words.flatMap((word) => {
    const match = /^(--[a-z_]+)=(.*)$/.exec(word)
    return match?.[1] === undefined ? [word] : [match[1], match[2] ?? '']
  })
}
