import { describe, expect, test } from 'vitest'

import { type MakeSubject, patience, using } from './subject.js'

export function describeCommands(name: string, make: MakeSubject): void {
  describe(`Commands of ${name}`, () => {
    const options = () => ({ signal: patience(), onAbort: 'leave' }) as const

    test(
      'exit codes are answers',
      using(make, async ({ host: { commands } }) => {
        expect(await commands.run(['true'], options())).toEqual({ exitCode: 0, stdout: '', stderr: '' })
        expect((await commands.run(['false'], options())).exitCode).toBe(1)
        expect((await commands.run(['sh', '-c', 'exit 3'], options())).exitCode).toBe(3)
      }),
    )
    test(
      'input goes in, both outputs come out',
      using(make, async ({ host: { commands } }) => {
        expect(await commands.run(['cat'], { ...options(), input: 'a\nb' })).toEqual({ exitCode: 0, stdout: 'a\nb', stderr: '' })
        expect(await commands.run(['cat'], options())).toEqual({ exitCode: 0, stdout: '', stderr: '' })
        expect(await commands.run(['sh', '-c', 'echo said >&2'], options())).toEqual({ exitCode: 0, stdout: '', stderr: 'said\n' })
        expect((await commands.run(['echo', 'a  b', '$HOME;'], options())).stdout).toBe('a  b $HOME;\n')
      }),
    )
    test(
      'a program that is missing is an error',
      using(make, async ({ host: { commands } }) => {
        await expect(commands.run(['brickwork-missing', 'x'], options())).rejects.toMatchObject({ code: 'ERR_TOOL_MISSING' })
      }),
    )
    test.each(['leave', 'kill'] as const)(
      'an abort is answered at once (%s)',
      async (onAbort) =>
        await using(make, async ({ host: { commands, clock } }) => {
          const caller = new AbortController()
          const started = clock.now()
          const running = commands.run(['sleep', '2'], { signal: caller.signal, onAbort })
          void clock.sleep(20, patience()).then(() => caller.abort('enough'))
          await expect(running).rejects.toBe('enough')
          expect(clock.now() - started).toBeLessThan(1500)
          await expect(commands.run(['true'], { signal: caller.signal, onAbort })).rejects.toBe('enough')
        })(),
    )
  })
}
