import type { FakeHost } from '../../../lib/testing/index.js'

/** Every file of the machine with its text, every directory and every link, to compare two moments. */
export function whole(host: FakeHost, directory = ''): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of host.names(directory === '' ? '/' : directory)) {
    const path = `${directory}/${name}`
    // Links of /proc and sysfs lead in circles. Their targets are the same files.
    if (host.real(path) !== path) found[path] = host.real(path) ?? 'dangling'
    else {
      found[path] = host.text(path) ?? 'directory'
      Object.assign(found, whole(host, path))
    }
  }
  return found
}
