import type { HostCheck } from '../../../operation/host-check.js'
import { loginChecks } from './login.js'
import { nameDefaultChecks } from './name-default.js'
import { portalChecks } from './portals.js'
import { scanChecks } from './scan.js'
import { sessionChecks } from './sessions.js'
import { shutdownChecks } from './shutdown.js'
import { softwareChecks } from './software.js'
import { unrecordedChecks } from './unrecorded.js'

/** The doctor's checks of this transport. */
export const iscsiChecks: readonly HostCheck[] = [
  ...shutdownChecks,
  ...softwareChecks,
  ...nameDefaultChecks,
  ...sessionChecks,
  ...unrecordedChecks,
  ...scanChecks,
  ...portalChecks,
  ...loginChecks,
]
