/** `node main.js SHAPE`: a target in a process of its own, until its standard input ends. It says `ready` when it listens. */
import { createServer } from 'node:net'
import { serveConnection } from './connection.js'
import type { TargetShape } from './shape.js'

const target = JSON.parse(process.argv[2] ?? '') as TargetShape
const [, address = '', port = ''] = /^\[?([^\]]+)\]?:([0-9]+)$/.exec(target.portal) ?? []
createServer((socket) => serveConnection(socket, target)).listen(Number(port), address, () => process.stdout.write('ready\n'))
process.stdin.on('end', () => process.exit(0)).resume()
