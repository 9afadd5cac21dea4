import type { HostCheck } from '../../../operation/host-check.js'
import { loginChecks } from './login.js'
import { portalChecks } from './portals.js'
import { sessionChecks } from './sessions.js'
import { softwareChecks } from './software.js'

/** The doctor's checks of this transport. */
export const iscsiChecks: readonly HostCheck[] = [...softwareChecks, ...sessionChecks, ...portalChecks, ...loginChecks]
