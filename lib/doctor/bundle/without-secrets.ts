/** Removes what may be a secret from a document, by the names of its fields. */

/** Fields of connections, records and files of later versions whose values nobody but their owner may see. */
const SECRET = /secret|password|passphrase|passwd|token|credential|private|keyring/i
/** A connection may have a whole part with credentials. Its user name is harmless. */
const AUTH = /^(auth|discovery)$/

export function withoutSecrets(value: unknown, name = ''): unknown {
  if (value !== null && value !== undefined && SECRET.test(name)) return '[secret]'
  if (Array.isArray(value)) return value.map((each) => withoutSecrets(each, AUTH.test(name) ? name : ''))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutSecrets(each, key)]))
}
