import { describe, expect, test } from 'vitest'

import { type MakeSubject, patience, using } from './subject.js'

export function describeRecords(name: string, make: MakeSubject): void {
  describe(`changeRecord of ${name}`, () => {
    test(
      'writes for root alone, with the directories above; removes with those that become empty',
      using(make, async ({ host, directory }) => {
        const lockDirectory = `${directory}/lock`
        await host.files.makeDirectory(lockDirectory, 0o770)
        await host.files.makeDirectory(`${directory}/nodes`, 0o700)
        const path = `${directory}/nodes/iqn.2004-10.example:t/10.99.1.1,3260`
        for (const text of ['one\n', 'two\n']) {
          expect(await host.kernel.changeRecord({ lockDirectory, path, text }, patience())).toBe('done')
          expect(await host.files.read(path)).toBe(text.trim())
          expect(await host.files.stat(path)).toMatchObject({ type: 'file', mode: 0o600 })
        }
        expect(await host.files.stat(`${directory}/nodes/iqn.2004-10.example:t`)).toMatchObject({ type: 'directory', mode: 0o700 })
        expect(await host.files.list(`${directory}/nodes/iqn.2004-10.example:t`)).toEqual(['10.99.1.1,3260'])
        for (let times = 0; times < 2; times++) {
          expect(await host.kernel.changeRecord({ lockDirectory, path, text: undefined }, patience())).toBe('done')
        }
        expect(await host.files.list(`${directory}/nodes`)).toEqual([])
        expect(await host.files.list(lockDirectory)).not.toContain('lock.write')
      }),
    )
    test(
      'waits while another holds the lock',
      using(make, async ({ host, directory }) => {
        const lockDirectory = `${directory}/lock`
        await host.files.makeDirectory(lockDirectory, 0o770)
        await host.files.makeDirectory(`${directory}/nodes`, 0o700)
        await host.files.replace(`${lockDirectory}/lock.write`, '', 0o660)
        const change = { lockDirectory, path: `${directory}/nodes/t/a,1`, text: 'x' }
        const caller = new AbortController()
        const impatient = host.kernel.changeRecord(change, caller.signal)
        void host.clock.sleep(50, patience()).then(() => caller.abort('enough'))
        await expect(impatient).rejects.toBe('enough')
        expect(await host.files.list(`${directory}/nodes`)).toEqual([])
        const patient = host.kernel.changeRecord(change, patience())
        await host.clock.sleep(50, patience())
        expect(await host.files.list(`${directory}/nodes`)).toEqual([])
        await host.files.remove(`${lockDirectory}/lock.write`)
        expect(await patient).toBe('done')
        expect(await host.files.read(change.path)).toBe('x')
      }),
    )
  })
}
