// What profiles of attaches (test/lab/bench/profiler.ts) say, for people: what the main thread was busy with, and with whose code.

const MS = 1000
const FUNCTIONS = 15

/** Where a function is from, in the order of the table. @type {readonly (readonly [string, RegExp])[]} */
const ORIGINS = [
  ['idle', /^\(idle\)$/],
  ['collecting garbage', /^\(garbage collector\)$/],
  ['outside of JavaScript: system calls of libuv, the native part, compiling', /^\((program|root)\)$/],
  ['Node.js: child processes', /^node:(internal\/child_process|child_process)/],
  ['Node.js: files', /^node:(internal\/fs|fs)/],
  [
    'Node.js: streams, sockets and pipes',
    /^node:(internal\/streams|internal\/stream|stream|net|internal\/net|buffer|internal\/buffer|string_decoder|events)/,
  ],
  ['Node.js: the rest', /^node:/],
  ['zod', /node_modules\/zod\//],
  ['the harness', /build\/lab\/test\//],
  ['lib/host', /build\/lab\/lib\/host\//],
  ['lib/linux', /build\/lab\/lib\/linux\//],
  ['lib/connectors', /build\/lab\/lib\/connectors\//],
  ['lib/attach', /build\/lab\/lib\/attach\//],
  ['lib, the rest', /build\/lab\/lib\//],
]
const originOf = ({ url, functionName }) =>
  ORIGINS.find(([, pattern]) => pattern.test(url === '' ? functionName : url))?.[0] ?? 'functions of V8 and of the native part'

/**
 * @param {{ id: string, party: string, on: string }} what @param {readonly object[]} profiles of V8, one for each attach
 * @param {readonly { attachMs: number, attachCpuMs: Record<string, number> }[]} rounds
 */
export function profileReport({ id, party, on }, profiles, rounds) {
  const frames = profiles.flatMap(selfTimes)
  const perAttach = (ms) => ms / profiles.length
  const origins = [...ORIGINS.map(([name]) => name), 'functions of V8 and of the native part'].map((name) => [
    name,
    perAttach(sumOf(frames.filter((each) => originOf(each) === name))),
  ])
  const busy = origins.reduce((sum, [name, ms]) => (name === 'idle' ? sum : sum + ms), 0)
  const mean = (of) => rounds.reduce((sum, round) => sum + of(round), 0) / rounds.length
  const programs = [...new Set(rounds.flatMap(({ attachCpuMs }) => Object.keys(attachCpuMs)))]
    .map((name) => [name, mean(({ attachCpuMs }) => attachCpuMs[name] ?? 0)])
    .sort(([, a], [, b]) => b - a)
    .slice(0, 8)
  return `# Where ${id} spends its time: ${party}

Written on ${on} by \`npm run bench:storm -- ${id} --profile "${party}" --write\`: means of ${profiles.length} attaches in the lab's guest, sampled each
millisecond. An attach took ${mean(({ attachMs }) => attachMs).toFixed(0)} ms; the main thread was busy for ${busy.toFixed(0)} ms of it.

## The processors, by program

Of two. \`node\` is the process that attaches, with all its threads, and with what samples it.

| program | ms |
| --- | --- |
${programs.map(([name, ms]) => `| ${name} | ${ms.toFixed(0)} |`).join('\n')}

## The main thread, by whose code it was in

| in | ms | of what it was busy |
| --- | --- | --- |
${origins
  .filter(([, ms]) => ms >= 0.5)
  .map(([name, ms]) => `| ${name} | ${ms.toFixed(0)} | ${name === 'idle' ? '' : `${((100 * ms) / busy).toFixed(0)} %`} |`)
  .join('\n')}

## The functions that it was in longest

| function | where | ms |
| --- | --- | --- |
${longest(frames)
  .map(({ name, place, ms }) => `| \`${name}\` | ${place} | ${perAttach(ms).toFixed(1)} |`)
  .join('\n')}
`
}

/** Each node of a profile with the milliseconds that it was on top. */
function selfTimes({ nodes, samples, timeDeltas }) {
  const ms = new Map()
  samples.forEach((node, index) => ms.set(node, (ms.get(node) ?? 0) + timeDeltas[index] / MS))
  return nodes.map(({ id, callFrame }) => ({ ...callFrame, ms: ms.get(id) ?? 0 }))
}
const sumOf = (frames) => frames.reduce((sum, { ms }) => sum + ms, 0)

function longest(frames) {
  const functions = new Map()
  for (const { functionName, url, lineNumber, ms } of frames) {
    if (url === '') continue
    const place = url.replace(/^file:\/\/\/brickwork\/(build\/lab\/)?/, '').replace(/\.js$/, '')
    const key = `${functionName} ${place} ${lineNumber}`
    const known = functions.get(key) ?? { name: functionName || '(anonymous)', place, ms: 0 }
    functions.set(key, { ...known, ms: known.ms + ms })
  }
  return [...functions.values()].sort((a, b) => b.ms - a.ms).slice(0, FUNCTIONS)
}
