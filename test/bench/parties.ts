/** The parties of a storm: os-brick, Brickwork, and the bound. Each attaches all volumes at once and returns the time. */
import { mkdir, writeFile } from 'node:fs/promises'
import { type Attacher, type BlockAttachment, isBrickworkError, type PartialPolicy, type StepTiming } from '../../lib/index.js'
import { parsePortal } from '../../lib/core/portal.js'
import { builtInIface } from '../../lib/linux/iscsi/iface.js'
import { versionIn } from '../../lib/linux/iscsi/installation.js'
import { layoutOf } from '../../lib/linux/iscsi/iscsid/layout.js'
import { encodeLogin } from '../../lib/linux/iscsi/iscsid/request.js'
import { formatRecord } from '../../lib/linux/iscsi/record.js'
import { parseRecord } from '../../lib/linux/iscsi/settings-file.js'
import { request } from '../world/expect.js'
import { OsBrick } from '../world/real/os-brick.js'
import { must, run } from '../world/real/shell.js'
import type { World } from '../world/world.js'
import type { Row, StormVolume } from './row.js'

export interface StormParty {
  readonly name: string
  /** Returns the milliseconds until all volumes are attached. */
  attach(volumes: readonly StormVolume[], row: Row): Promise<number>
  detach(volumes: readonly StormVolume[], row: Row): Promise<number>
  /** The steps of the last attach, if the party reports them. */
  story?(): Story
  /** Called at the end of the row. */
  end(): Promise<void>
}
/** The steps of each volume. */
export type Story = readonly { readonly id: string; readonly steps: readonly StepTiming[] }[]

const LONG_MS = 600_000
/** The deadline of an attach for a missing volume. */
const MISSING_MS = 10_000

export async function brickwork(world: World, name: string, policy: PartialPolicy): Promise<StormParty> {
  const attacher: Attacher = await world.attacher({ policy, stateDir: `/disk/brickwork-${name.replaceAll(' ', '-')}` })
  const min = (row: Row) => row.min ?? (row.portal === undefined ? ('all' as const) : row.portals - 1)
  const timed = async (all: readonly Promise<unknown>[]) => {
    const from = performance.now()
    await Promise.all(all)
    return performance.now() - from
  }
  const attached = async ({ missing }: Row, { id }: StormVolume, attachment: Promise<BlockAttachment>) => {
    if (missing === undefined) return await attachment
    await attachment.then(
      () => Promise.reject(new Error(`${id} was attached, and it is not there`)),
      (error: unknown) => (isBrickworkError(error, 'ERR_LUN_NOT_FOUND') ? undefined : Promise.reject(error as Error)),
    )
    return undefined
  }
  const story = new Map<string, readonly StepTiming[]>()
  return {
    name,
    story: () => [...story].map(([id, steps]) => ({ id, steps })),
    attach: (volumes, row) => {
      story.clear()
      const rowPolicy = row.multipath
        ? ({ multipath: 'require', paths: { min: min(row), graceMs: 0 } } as const)
        : ({ multipath: 'never' } as const)
      return timed(
        volumes.map(async (volume) => {
          const { id, iqn, lun, portals } = volume
          const timeoutMs = row.missing === undefined ? LONG_MS : MISSING_MS
          const attachment = attacher.attach(request(id, { iqn, lun, portals, policy: rowPolicy }), { timeoutMs })
          story.set(id, (await attached(row, volume, attachment))?.timings ?? [])
        }),
      )
    },
    detach: (volumes) => timed(volumes.map(({ id }) => attacher.detach(id, { timeoutMs: LONG_MS }))),
    end: () => attacher.close(),
  }
}

/** os-brick's error for a LUN that did not come up. */
const NOT_FOUND = 'os-brick: VolumeDeviceNotFound:'

export async function osBrick(): Promise<StormParty> {
  const brick = await OsBrick.start('as shipped')
  const calls = (volumes: readonly StormVolume[]) =>
    volumes.map(({ id, iqn, lun, portals }) => ({
      volume_id: id,
      target_portal: portals[0],
      target_iqn: iqn,
      target_lun: lun,
      ...(portals.length === 1
        ? {}
        : { target_portals: portals, target_iqns: portals.map(() => iqn), target_luns: portals.map(() => lun) }),
    }))
  return {
    name: 'os-brick',
    attach: async (volumes, { multipath, missing }) => {
      if (missing === undefined) return await brick.storm('connect', calls(volumes), multipath)
      const from = performance.now()
      await brick.storm('connect', calls(volumes), multipath).then(
        () => Promise.reject(new Error('os-brick attached what is not there')),
        (error: unknown) => (String(error).includes(NOT_FOUND) ? undefined : Promise.reject(error as Error)),
      )
      return performance.now() - from
    },
    detach: (volumes, { multipath }) => brick.storm('disconnect', calls(volumes), multipath),
    end: () => Promise.resolve(), // the process is kept: loading it takes long
  }
}

const REQUESTS = '/run/lab-bound'

/** Attaches only. Its disks and sessions are removed by hand. */
export async function bound(how: 'by multipathd' | 'direct'): Promise<StormParty> {
  const layout = layoutOf(versionIn(await must(['iscsiadm', '--version'])))
  if (layout === undefined) throw new Error('The requests of this open-iscsi are not known')
  await mkdir(REQUESTS, { recursive: true })
  const requestFile = async (target: string, portal: { readonly address: string; readonly port: number }) => {
    const settings = {
      target,
      portal,
      iface: builtInIface('default'),
      owner: 'bound',
      loginTimeoutSec: 15,
      session: { replacementTimeoutSec: 120 },
    }
    const file = `${REQUESTS}/${target}-${portal.address}`
    await writeFile(file, encodeLogin(layout, parseRecord(formatRecord(settings))) ?? new Uint8Array())
    return file
  }
  return {
    name: how === 'direct' ? 'bound direct' : 'bound',
    attach: async (volumes, { multipath, portals: paths }) => {
      const logins = new Set<string>()
      const luns: string[] = []
      for (const { iqn, lun, portals } of volumes) {
        for (const each of portals) {
          const portal = parsePortal(each)
          if (portal === undefined) throw new Error(`${each} is no portal`)
          const where = `${iqn} ${portal.address} ${portal.port}`
          logins.add(`login ${await requestFile(iqn, portal)} ${where}`)
          luns.push(`lun ${where} ${lun}`)
        }
      }
      const input = [...(multipath ? [`maps ${paths}${how === 'direct' ? ' direct' : ''}`] : []), ...logins, ...luns, ''].join('\n')
      return Number(await must(['/brickwork/build/bench/bound'], { input, timeoutMs: LONG_MS }))
    },
    detach: async () => {
      const from = performance.now()
      for (const line of (await run(['dmsetup', 'ls', '--target', 'multipath'])).stdout.split('\n')) {
        const name = /^(\S+)\t/.exec(line)?.[1]
        if (name === undefined) continue
        // multipathd refuses while udev processes the map.
        await run(['multipathd', 'del', 'map', name])
        await run(['dmsetup', 'remove', '--retry', name])
      }
      await run(['iscsiadm', '-m', 'session', '--logout'], { timeoutMs: LONG_MS })
      return performance.now() - from
    },
    end: () => Promise.resolve(),
  }
}
