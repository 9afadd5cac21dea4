import type { HostObject } from './entry.js'

export type Origin = HostObject['origin']
export type Data = HostObject['data']
export const text = (data: Data, name: string) => String(data[name] ?? '')
export const maybe = (data: Data, name: string) => (data[name] == null ? undefined : String(data[name]))
export const number = (data: Data, name: string) => Number(data[name])
