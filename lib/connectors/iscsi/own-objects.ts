/** Whether the host still has the sessions and node records that an entry names. */
import { number, text } from '../../operation/object-data.js'
import type { HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import { sessionOf } from './logout.js'

export async function isSessionThere(operation: Operation, { data }: HostObject): Promise<boolean> {
  return (await sessionOf(operation, { id: number(data, 'session'), target: text(data, 'iqn') })) !== undefined
}
export async function isRecordThere({ host }: Operation, { data }: HostObject): Promise<boolean> {
  return (await host.files.stat(text(data, 'path'))) !== undefined
}
