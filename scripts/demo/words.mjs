// What `npm run demo` says before and after the demonstration.

/** @param {string} kind `iscsi` or `nvme` @returns {string[]} */
export function opening(kind) {
  const parts = kind === 'nvme' ? 'kernel, NVMe/TCP target, native multipath' : 'kernel, iSCSI target, open-iscsi, multipathd'
  return [
    'Brickwork attaches a volume over four networks, uses it while one of them fails, and detaches it again.',
    `All of it is real: ${parts}. It runs in a virtual machine of its own (QEMU), so that the storage of`,
    'this machine is not touched. Each line with ✔ is a promise that was checked with the tools of that machine, not with Brickwork.',
  ]
}

/** What to do next, by rows of a command or file and what it is for. */
/** @param {string} program */
export const next = (program) => [
  ['npx brickwork doctor', 'is this machine ready for attaches? It changes nothing.'],
  ['npx brickwork help attach', 'the form of a request, with examples'],
  ['docs/getting-started.md', 'your own program: attach, errors, recovery, a clean stop'],
  ['docs/testing.md', 'FakeHost: the same without root and storage, for your tests'],
  ['npm run lab -- shell', 'a shell in such a virtual machine, to try things'],
  [`test/demo/${program}.ts`, 'the program that you have just seen'],
]

/**
 * The last lines.
 * @param {{ readonly program: string, readonly good: boolean, readonly message: string | undefined, readonly took: string, readonly setUp: string }} end
 *   message: why the virtual machine did not come to the end
 * @returns {string[]}
 */
export function closing({ program, good, message, took, setUp }) {
  const rows = next(program)
  const width = Math.max(...rows.map(([what = '']) => what.length))
  const times = `It took ${took}, and ${setUp} for the set-up.`
  if (message !== undefined)
    return [
      '',
      `The demonstration did not come to its end: ${message}`,
      times,
      'Run it again; `npm run lab -- shell` shows whether the virtual machine starts.',
    ]
  if (!good) return ['', `Some promises were NOT kept: see ✘ above. ${times}`, 'Please report it, with the whole output.']
  return ['', `All promises were kept. ${times}`, '', 'Next:', ...rows.map(([what = '', why = '']) => `  ${what.padEnd(width)}  ${why}`)]
}
