/** The subject of a contract: a host, real or fake, and helpers for what a test must arrange outside its ports. */
import type { Host } from '../../lib/core/host.js'

export interface Subject {
  readonly host: Host
  /** An empty directory on the host. */
  readonly directory: string
  /** The same host as another process sees it. */
  readonly other: () => Host
  /** A port of 127.0.0.1 with a listener. */
  readonly openPort: () => Promise<number>
  /** A port of 127.0.0.1 that answers an NVMe/TCP greeting. */
  readonly nvmePort: () => Promise<number>
  /** A port of 127.0.0.1 without a listener. */
  readonly closedPort: () => Promise<number>
  /** The name of an abstract socket at which a daemon of root answers `yes` to each request, or never answers. */
  readonly daemon: (kind: 'answers' | 'mute') => Promise<string>
  /** Makes the kernel send an event whose DEVPATH has the component `null`; `undefined` where this process may not. */
  readonly uevent: (() => void) | undefined
  close(): Promise<void>
}
export type MakeSubject = () => Promise<Subject>

/** Runs one test with its own subject. */
export function using(make: MakeSubject, test: (subject: Subject) => Promise<void>): () => Promise<void> {
  return async () => {
    const subject = await make()
    try {
      await test(subject)
    } finally {
      await subject.close()
    }
  }
}

/** A signal that is never aborted. */
export function patience(): AbortSignal {
  return new AbortController().signal
}
