/** What a contract is tested on: a host, real or fake, and the little that a test has to arrange outside of its ports. */
import type { Host } from '../../lib/core/host.js'

export interface Subject {
  readonly host: Host
  /** An empty directory on the host. */
  readonly directory: string
  /** The same host as another process sees it. */
  readonly other: () => Host
  /** A port of 127.0.0.1 on which somebody listens. */
  readonly openPort: () => Promise<number>
  /** A port of 127.0.0.1 on which nobody does. */
  readonly closedPort: () => Promise<number>
  close(): Promise<void>
}
export type MakeSubject = () => Promise<Subject>

/** Runs one test with a subject of its own. */
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

/** A signal that nobody aborts. */
export function patience(): AbortSignal {
  return new AbortController().signal
}
