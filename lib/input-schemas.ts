/** JSON Schemas of what callers pass in. Rules that JSON Schema cannot say are only checked by the calls themselves. */
import { z } from 'zod'
import { schemasOf, timeoutSchema } from './connection/schema.js'
import { forms } from './connectors/index.js'

/** A JSON Schema (draft-07). */
export type InputSchema = Readonly<Record<string, unknown>>

/**
 * - `request`: an `AttachRequest`
 * - `request-file`: what `brickwork attach` reads: the same, with `timeoutMs`; the option `--id` may replace the `id`
 * - `bench-file`: what `brickwork bench` reads: requests without `timeoutMs`, which name what is expected
 * - `connection`, `policy`: parts of it
 */
export function inputSchemas(): Readonly<Record<'request' | 'request-file' | 'bench-file' | 'connection' | 'policy', InputSchema>> {
  const { request, connection, policy } = schemasOf(forms)
  const file = request.extend({ id: z.string().optional(), timeoutMs: timeoutSchema().optional() })
  const volume = request.extend({ id: z.string().optional(), expected: z.object(request.shape.expected.unwrap().shape) })
  const bench = z.strictObject({ volumes: z.array(volume).min(1) })
  return {
    request: jsonOf(request),
    'request-file': jsonOf(file),
    'bench-file': jsonOf(bench),
    connection: jsonOf(connection),
    policy: jsonOf(policy),
  }
}

function jsonOf(type: z.ZodType): InputSchema {
  const schema = z.toJSONSchema(type, { target: 'draft-7', io: 'input', unrepresentable: 'any', override: withoutSecrets })
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => keyword !== '$schema'))
}
/** A `Secret` has no form in JSON: only text remains of the choice. */
function withoutSecrets({ jsonSchema }: { jsonSchema: { anyOf?: unknown[] } }): void {
  if (jsonSchema.anyOf === undefined) return
  const kept = jsonSchema.anyOf.filter((each) => Object.keys(each as object).length > 0)
  delete jsonSchema.anyOf
  Object.assign(jsonSchema, kept.length === 1 ? kept[0] : { anyOf: kept })
}
