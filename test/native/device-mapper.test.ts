import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'

import { addon } from './addon.js'

const control = '/dev/mapper/control'

test.skipIf(existsSync(control))('a machine without device-mapper says what is missing', async () => {
  await expect(addon.deviceMapper(control, 'status', 'mpath-36', '')).rejects.toMatchObject({ errno: -2, syscall: 'openat', path: control })
})

test('what is no control node refuses the command, by its name', async () => {
  const refusal = (syscall: string) => ({ errno: -25, syscall, path: '/dev/null' })
  await expect(addon.deviceMapper('/dev/null', 'status', 'mpath-36', '')).rejects.toMatchObject(refusal('ioctl(DM_TABLE_STATUS)'))
  await expect(addon.deviceMapper('/dev/null', 'table', 'mpath-36', '')).rejects.toMatchObject(refusal('ioctl(DM_TABLE_STATUS)'))
  await expect(addon.deviceMapper('/dev/null', 'deps', 'mpath-36', '')).rejects.toMatchObject(refusal('ioctl(DM_TABLE_DEPS)'))
  await expect(addon.deviceMapper('/dev/null', 'message', 'mpath-36', 'x')).rejects.toMatchObject(refusal('ioctl(DM_TARGET_MSG)'))
})

test('a uuid or a message that does not fit is refused', async () => {
  await expect(addon.deviceMapper('/dev/null', 'status', 'u'.repeat(129), '')).rejects.toMatchObject({ errno: -22 })
  await expect(addon.deviceMapper('/dev/null', 'deps', 'u'.repeat(129), '')).rejects.toMatchObject({ errno: -22 })
  await expect(addon.deviceMapper('/dev/null', 'message', 'mpath-36', 'm'.repeat(16_384))).rejects.toMatchObject({ errno: -90 })
})
