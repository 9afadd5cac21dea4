/** One connection to the hostile target, from its login to its logout. */
import type { Socket } from 'node:net'
import { type Answer, answer } from './commands.js'
import { commandNumberOf, formatKeys, formatPdu, makeHeader, NO_TAG, Opcode, parseKeys, type Pdu, PduReader, tagOf } from './pdu.js'
import type { TargetShape } from './shape.js'

const FINAL = 0x80
const STATUS = 0x01
const UNDERFLOW = 0x02
const OVERFLOW = 0x04
const CHECK_CONDITION = 0x02
/** How many commands the initiator may have in progress. */
const WINDOW = 32
const CHUNK_BYTES = 65_536
/** Login status: the target has moved temporarily (RFC 7143, 11.13.5). */
const MOVED = [0x01, 0x01] as const

/** Answers to the keys that an initiator offers. For every other key the target echoes the value. */
const ANSWERS: Readonly<Record<string, string>> = {
  AuthMethod: 'None',
  HeaderDigest: 'None',
  DataDigest: 'None',
  InitialR2T: 'Yes',
  ImmediateData: 'Yes',
  MaxConnections: '1',
  MaxOutstandingR2T: '1',
  ErrorRecoveryLevel: '0',
  MaxRecvDataSegmentLength: '262144',
  DataPDUInOrder: 'Yes',
  DataSequenceInOrder: 'Yes',
  IFMarker: 'No',
  OFMarker: 'No',
}
const ECHOED = ['DefaultTime2Wait', 'DefaultTime2Retain', 'MaxBurstLength', 'FirstBurstLength']
/** Keys that the initiator only declares. They get no answer. */
const DECLARED = ['InitiatorName', 'InitiatorAlias', 'TargetName', 'SessionType']

export function serveConnection(socket: Socket, target: TargetShape): void {
  const reader = new PduReader()
  let statusNumber = 1
  let expectedCommand = 1
  let sentGroup = false

  /** Sets the fields that every answer has at the same offset, and sends it. */
  function send(header: Buffer, data?: Buffer, hasStatus = true): void {
    header.writeUInt32BE(hasStatus ? statusNumber++ : statusNumber, 24)
    header.writeUInt32BE(expectedCommand, 28)
    header.writeUInt32BE((expectedCommand + WINDOW - 1) >>> 0, 32)
    socket.write(formatPdu(header, data))
  }

  function logIn(pdu: Pdu): void {
    expectedCommand = commandNumberOf(pdu)
    const flags = pdu.header.readUInt8(1)
    const header = makeHeader(Opcode.loginResponse, flags & 0x8f, tagOf(pdu))
    pdu.header.copy(header, 8, 8, 16)
    if ((flags & 0x83) === 0x83) header.writeUInt16BE(1, 14) // the login ends: a session handle
    const asked = parseKeys(pdu.data)
    if (target.redirectTo !== undefined && asked.get('SessionType') !== 'Discovery') {
      header.writeUInt8(flags & 0x0c, 1)
      header.set(MOVED, 36)
      send(header, formatKeys([['TargetAddress', `${target.redirectTo},1`]]))
      socket.end()
      return
    }
    const keys: [string, string][] = []
    for (const [key, value] of asked) {
      if (DECLARED.includes(key)) continue
      keys.push([key, ANSWERS[key] ?? (ECHOED.includes(key) ? value : 'NotUnderstood')])
    }
    if (!sentGroup && asked.get('SessionType') !== 'Discovery') keys.unshift(['TargetPortalGroupTag', '1'])
    sentGroup = true
    send(header, formatKeys(keys))
  }

  function text(pdu: Pdu): void {
    const header = makeHeader(Opcode.textResponse, FINAL, tagOf(pdu))
    header.writeUInt32BE(NO_TAG, 20)
    const wanted = parseKeys(pdu.data).has('SendTargets')
    const keys = [['TargetName', target.iqn] as const, ['TargetAddress', `${target.portal},1`] as const]
    send(header, formatKeys(wanted ? keys : []))
  }

  function command(pdu: Pdu): void {
    const cdb = pdu.header.subarray(32, 48)
    const lun = pdu.header.readUInt16BE(8) & 0x3fff
    const luns = Object.keys(target.units).map(Number)
    const said = answer(target.units[lun], luns, cdb)
    if (said !== undefined) respond(pdu, said)
  }
  function respond(pdu: Pdu, { data, sense }: Answer): void {
    const wanted = pdu.header.readUInt32BE(20)
    if (sense !== undefined) {
      const [key, code, qualifier] = sense
      const fixed = Buffer.alloc(18)
      fixed.set([0x70, 0, key, 0, 0, 0, 0, 10])
      fixed.set([code, qualifier], 12)
      const header = makeHeader(Opcode.response, FINAL | (wanted > 0 ? UNDERFLOW : 0), tagOf(pdu))
      header.writeUInt8(CHECK_CONDITION, 3)
      header.writeUInt32BE(wanted, 44)
      send(header, Buffer.concat([Buffer.from([0, fixed.length]), fixed]))
      return
    }
    if (data === undefined || wanted === 0) {
      send(makeHeader(Opcode.response, FINAL, tagOf(pdu)))
      return
    }
    dataIn(pdu, data.subarray(0, wanted), data.length - wanted)
  }
  /** @param over the number of bytes beyond the initiator's buffer; negative: its unused bytes */
  function dataIn(pdu: Pdu, data: Buffer, over: number): void {
    let number = 0
    for (let from = 0; from === 0 || from < data.length; from += CHUNK_BYTES) {
      const part = data.subarray(from, from + CHUNK_BYTES)
      const last = from + part.length >= data.length
      const residual = over === 0 ? 0 : over > 0 ? OVERFLOW : UNDERFLOW
      const header = makeHeader(Opcode.dataIn, last ? FINAL | STATUS | residual : 0, tagOf(pdu))
      header.writeUInt32BE(NO_TAG, 20)
      header.writeUInt32BE(number++, 36)
      header.writeUInt32BE(from, 40)
      if (last) header.writeUInt32BE(Math.abs(over), 44)
      send(header, part, last)
    }
  }

  function take(pdu: Pdu): void {
    if (pdu.opcode === Opcode.login) {
      logIn(pdu)
      return
    }
    if (!pdu.immediate && pdu.opcode !== Opcode.dataOut) expectedCommand = (commandNumberOf(pdu) + 1) >>> 0
    switch (pdu.opcode) {
      case Opcode.command:
        command(pdu)
        return
      case Opcode.text:
        text(pdu)
        return
      case Opcode.nopOut: {
        if (tagOf(pdu) === NO_TAG) return
        const header = makeHeader(Opcode.nopIn, FINAL, tagOf(pdu))
        header.writeUInt32BE(NO_TAG, 20)
        send(header, pdu.data)
        return
      }
      case Opcode.taskManagement:
        send(makeHeader(Opcode.taskManagementResponse, FINAL, tagOf(pdu)))
        return
      case Opcode.logout:
        send(makeHeader(Opcode.logoutResponse, FINAL, tagOf(pdu)))
        socket.end()
    }
  }

  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => {
    for (const pdu of reader.push(chunk)) take(pdu)
  })
}
