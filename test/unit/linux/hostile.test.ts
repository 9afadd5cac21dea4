/** Tests every parser of text from the kernel, a daemon, a program or another program's file. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { normalAddress, parsePortal, canonicalPortal, whyNoPortal } from '../../../lib/core/portal.js'
import { enterFailure } from '../../../lib/host/namespaces.js'
import { parseMountinfo } from '../../../lib/linux/block/mountinfo.js'
import { parseAhosts } from '../../../lib/linux/host-names.js'
import { discoveryError, parseDiscovered } from '../../../lib/linux/iscsi/discovery.js'
import { initiatorIn, versionIn } from '../../../lib/linux/iscsi/installation.js'
import { invalidRecord, loginError } from '../../../lib/linux/iscsi/iscsiadm.js'
import { ifaceIn, ownerOf } from '../../../lib/linux/iscsi/record.js'
import { parseRecord } from '../../../lib/linux/iscsi/settings-file.js'
import { wordsIn } from '../../../lib/linux/multipath/daemon.js'
import { parseMapStatus } from '../../../lib/linux/multipath/status.js'
import { meaningOfNguid, meaningOfUuid, meaningOfWwid } from '../../../lib/core/volume-name.js'
import { parseUdevRecord } from '../../../lib/linux/udev/database.js'
import { answers, longTexts, spoiledText } from './hostile.js'

/** The limit for code that reads each character a few times. The machine may be busy. */
const LONG_MS = 1500

interface Parser {
  readonly parse: (text: string) => unknown
  readonly samples: readonly string[]
}
const said = (stderr: string, exitCode = 7) => ({ exitCode, stdout: '', stderr })
const portal = { address: '10.99.1.1', port: 3260 }
const parsers: Readonly<Record<string, Parser>> = {
  "udev's database": {
    parse: parseUdevRecord,
    samples: ['I:123456\nE:ID_FS_TYPE=ext4\nS:disk/by-id/scsi-36001\n', 'E:DM_UUID=mpath-36\n'],
  },
  "open-iscsi's records": {
    parse: (text) => [parseRecord(text), ownerOf(text), ifaceIn(text)],
    samples: [
      '# made by Brickwork, which removes it at detach\n# owner a\n',
      'node.name = iqn.2003-01.org.example:t\n',
      'iface.iscsi_ifacename = x\n',
    ],
  },
  "iscsiadm's discovery": {
    parse: (text) => [parseDiscovered(text), discoveryError(portal, said(text, 24)).message],
    samples: ['10.99.1.1:3260,1 iqn.2004-10.example:target\n', '[fd99::1]:3260,1 eui.0123456789abcdef\n'],
  },
  "iscsiadm's errors": {
    parse: (text) => [invalidRecord(said(text)), loginError('x', said(text, 8)).message],
    samples: [
      'iSCSI ERROR: Unknown parameter name node.session.conn\n',
      'iSCSI ERROR: config file /var/lib/iscsi/nodes/t/10.99.1.1,3260/default invalid.\n',
    ],
  },
  "iscsiadm's version": { parse: versionIn, samples: ['iscsiadm version 2.1.8\n'] },
  "the initiator's name": { parse: initiatorIn, samples: ['## comment\nInitiatorName=iqn.1993-08.org.debian:01:x\n'] },
  'the status of a multipath map': {
    parse: parseMapStatus,
    samples: ['2 0 1 0 1 1 A 0 2 2 8:16 A 0 0 1 8:32 F 1 0 1 ', '0 0 1 1 E 0 1 0 8:0 F 4 '],
  },
  "multipathd's lists": { parse: wordsIn, samples: ['sda\nsdb\n', '36001405aa\n', 'ok\n'] },
  mountinfo: {
    parse: parseMountinfo,
    samples: ['36 35 8:16 / /mnt/with\\040space rw,noatime shared:1 - ext4 /dev/sdb rw\n'],
  },
  "getent's hosts": { parse: parseAhosts, samples: ['10.99.1.1       STREAM storage.example\n', 'fd99::1         STREAM\n'] },
  WWIDs: {
    parse: (text) => [meaningOfWwid(text), meaningOfUuid(text), meaningOfNguid(text)],
    samples: ['naa.6001405', '0x6001405', 'eui.0025385', ' t10.ATA  x '],
  },
  portals: {
    parse: (text) => [parsePortal(text), canonicalPortal(text), normalAddress(text), whyNoPortal(text)],
    samples: ['192.0.2.1:3260', '[2001:db8::1]:3260', '2001:db8:0:0:0:0:0:1:3260', 'storage.example:3260'],
  },
  "nsenter's errors": {
    parse: (text) => enterFailure(said(text, 1)),
    samples: ['nsenter: failed to execute iscsiadm: No such file or directory\n', "nsenter: reassociate to namespace 'ns/mnt' failed\n"],
  },
}

describe.each(Object.entries(parsers))('%s', (_, { parse, samples }) => {
  test('whatever is said: a value, or an error of ours', () => {
    fc.assert(
      fc.property(spoiledText(samples), (text) => void answers(() => parse(text))),
      { numRuns: 1000 },
    )
  })
  test('however long it is: no time to speak of', () => {
    for (const text of longTexts(samples)) {
      const started = performance.now()
      answers(() => parse(text))
      const tookMs = performance.now() - started
      expect(tookMs, `${JSON.stringify(text.slice(0, 60))}… of ${text.length}`).toBeLessThan(LONG_MS)
    }
  }, 60_000)
})
