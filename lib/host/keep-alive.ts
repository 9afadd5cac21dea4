/** Keeps the process alive while somebody waits for something that does not: an event of the kernel, an event of an operation. */

let waits = 0
let port: InstanceType<typeof MessagePort> | undefined

/** The process does not end by itself before this is disposed. An open message port does that without a timer. */
export function keepAlive(): Disposable {
  port ??= new MessageChannel().port1
  if (waits++ === 0) port.ref()
  let isWaiting = true
  return {
    [Symbol.dispose]: () => {
      if (isWaiting && --waits === 0) port?.unref()
      isWaiting = false
    },
  }
}
