/** Processes, loaded when the first one starts: most programs that import the package start none at once (docs/evidence/performance.md, Import). */
import { lazy } from '../core/lazy.js'

export const childProcess = lazy(() => process.getBuiltinModule('node:child_process'))
