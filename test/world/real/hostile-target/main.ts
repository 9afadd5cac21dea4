/**
 * `node main.js SHAPE`: a target in its own process. It ends when its standard input ends, and prints `ready` when it listens. Each line of
 * its input has units, by LUN, that replace the earlier ones.
 */
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { serveConnection } from './connection.js'
import type { TargetShape } from './shape.js'

const target = JSON.parse(process.argv[2] ?? '') as TargetShape
const [, address = '', port = ''] = /^\[?([^\]]+)\]?:([0-9]+)$/.exec(target.portal) ?? []
createServer((socket) => serveConnection(socket, target)).listen(Number(port), address, () => process.stdout.write('ready\n'))
createInterface({ input: process.stdin })
  .on('line', (line) => void Object.assign(target.units, JSON.parse(line) as TargetShape['units']))
  .on('close', () => process.exit(0))
