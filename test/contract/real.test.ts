import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHost } from '../../lib/host/create-host.js'
import { describeHost } from './all.js'

describeHost('this machine', async () => {
  const host = createHost()
  const directory = await mkdtemp(join(await realpath(tmpdir()), 'brickwork-contract-'))
  const servers: Server[] = []
  const listen = async (): Promise<Server> => {
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
    return server
  }
  return {
    host,
    directory,
    other: () => createHost(),
    openPort: async () => portOf(await listen()),
    closedPort: async () => {
      const server = await listen()
      const port = portOf(server)
      await stop(server)
      return port
    },
    close: async () => {
      await Promise.all(servers.map(stop))
      await rm(directory, { recursive: true, force: true })
    },
  }
})

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
function stop(server: Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()))
}
