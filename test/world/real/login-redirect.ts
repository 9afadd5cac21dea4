/** A portal that redirects each login: the part of an iSCSI target that answers a login request with status 0x0101 (RFC 7143, 11.13.5). */
import { createServer, type Server, type Socket } from 'node:net'

const HEADER_BYTES = 48
const LOGIN_REQUEST = 0x03
const LOGIN_RESPONSE = 0x23
const TARGET_MOVED_TEMPORARILY = [1, 1] as const

export class LoginRedirect {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  static async listen(address: string, port: number, to: string): Promise<LoginRedirect> {
    const redirect = new LoginRedirect(to)
    await new Promise<void>((resolve, reject) => redirect.#server.once('error', reject).listen(port, address, resolve))
    redirect.#server.unref()
    return redirect
  }
  private constructor(to: string) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket)
      let received = Buffer.alloc(0)
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket))
      socket.on('data', (bytes) => {
        received = Buffer.concat([received, bytes])
        if (received.length < HEADER_BYTES || ((received[0] ?? 0) & 0x3f) !== LOGIN_REQUEST) return
        socket.end(response(received, to))
      })
    })
  }
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** The response stays in the stage of the request, and has its session and task. */
function response(request: Buffer, to: string): Buffer {
  const data = Buffer.from(`TargetAddress=${to},1\0`)
  const pdu = Buffer.alloc(HEADER_BYTES + Math.ceil(data.length / 4) * 4)
  pdu[0] = LOGIN_RESPONSE
  pdu[1] = (request[1] ?? 0) & 0x0c
  pdu.writeUIntBE(data.length, 5, 3)
  request.copy(pdu, 8, 8, 20) // ISID, TSIH, initiator task tag
  const expected = request.readUInt32BE(24)
  pdu.writeUInt32BE(expected, 28)
  pdu.writeUInt32BE(expected, 32)
  pdu.set(TARGET_MOVED_TEMPORARILY, 36)
  data.copy(pdu, HEADER_BYTES)
  return pdu
}
