import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, writeFileSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHost } from '../../lib/host/create-host.js'
import { describeHost } from './all.js'

const UEVENT = '/sys/class/mem/null/uevent'

describeHost('this machine', async () => {
  const host = createHost()
  const directory = await mkdtemp(join(await realpath(tmpdir()), 'brickwork-contract-'))
  const servers: Server[] = []
  const daemons: (() => void)[] = []
  const listen = async (meet: (socket: Socket) => void = (socket) => void socket.destroy()): Promise<Server> => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      meet(socket)
    })
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
    return server
  }
  return {
    host,
    directory,
    other: () => createHost(),
    openPort: async () => portOf(await listen()),
    nvmePort: async () => {
      const response = Buffer.alloc(128)
      response.set([0x01, 0x00, 0x80, 0x00, 0x80])
      return portOf(await listen((socket) => void socket.once('data', () => void socket.end(response))))
    },
    closedPort: async () => {
      const server = await listen()
      const port = portOf(server)
      await stop(server)
      return port
    },
    daemon: async (kind) => {
      const { name, stop: end } = await startDaemon(kind)
      daemons.push(end)
      return name
    },
    uevent: mayWrite(UEVENT) ? () => writeFileSync(UEVENT, 'change') : undefined,
    close: async () => {
      for (const end of daemons) end()
      await Promise.all(servers.map(stop))
      await rm(directory, { recursive: true, force: true })
    },
  }
})

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
/** Node.js can't listen on an abstract name in each of its versions. */
async function startDaemon(kind: 'answers' | 'mute'): Promise<{ readonly name: string; readonly stop: () => void }> {
  const name = `brickwork-contract-${process.pid}-${Math.random()}`
  const reply = kind === 'answers' ? `c.sendall(b'yes'); c.close()` : 'kept.append(c)'
  const code = `
import socket
s = socket.socket(socket.AF_UNIX); s.bind('\\0${name}'); s.listen(5); print('ready', flush=True)
kept = []
while True:
    c, _ = s.accept()
    while c.recv(65536): pass
    ${reply}`
  const running = spawn('python3', ['-c', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(running.stdout, 'data')
  return { name, stop: () => void running.kill('SIGKILL') }
}
function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
function stop(server: Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()))
}
