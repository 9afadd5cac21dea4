/** The program in the container: one attacher that receives calls on standard input and answers on standard output. */
import { createAttacher, createHost } from '../../../lib/index.js'
import type { AgentOptions } from './caller.js'
import { serve } from './serve.js'

const options = JSON.parse(process.argv[2] ?? '{}') as AgentOptions
await serve(await createAttacher({ ...options, host: createHost({ root: '/host', namespaces: { pid: 1 } }) }))
