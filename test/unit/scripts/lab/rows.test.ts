/** The result of a scenario in the guest, and its comparison with the twin. */
import { expect, test } from 'vitest'
import { rowOf } from '../../../../scripts/lab/rows.mjs'
import type { Outcome, Scenario } from '../../../play/scenario.js'

const scenario = { name: 'reboot', title: 'a reboot', run: () => Promise.resolve() } satisfies Scenario
const afterReboot = scenario.run
const outcome = (more: Partial<Outcome> = {}): Outcome => ({
  ...{ name: 'reboot', phase: 'run', ok: true, noted: [], leftovers: {}, journal: [], ms: 1 },
  ...more,
})
const second = outcome({ phase: 'afterReboot' })
const other = outcome({ noted: [{ what: 'attach', value: 'ok' }] })

test.each<[string, Partial<Scenario>, { real: Outcome[]; twins: Outcome[] }, object]>([
  ['passed, twin alike', {}, { real: [outcome()], twins: [outcome()] }, { guest: 'passed', twin: 'the same' }],
  ['passed, twin differs', {}, { real: [outcome()], twins: [other] }, { guest: 'passed', twin: 'differs' }],
  ['passed, twin failed', {}, { real: [outcome()], twins: [outcome({ ok: false })] }, { guest: 'passed', twin: 'differs' }],
  ['passed, twin did not end', {}, { real: [outcome()], twins: [] }, { guest: 'passed', twin: 'not compared' }],
  ['failed', {}, { real: [outcome({ ok: false })], twins: [outcome()] }, { guest: 'failed', twin: 'not compared' }],
  ['not played', {}, { real: [], twins: [outcome()] }, { guest: 'not played', twin: 'not compared' }],
  ['real only', { only: 'real' }, { real: [outcome()], twins: [] }, { guest: 'passed', twin: 'real only' }],
  ['one phase missing', { afterReboot }, { real: [outcome()], twins: [outcome(), second] }, { guest: 'failed', twin: 'not compared' }],
  ['both phases', { afterReboot }, { real: [outcome(), second], twins: [outcome(), second] }, { guest: 'passed', twin: 'the same' }],
  [
    'second phase differs',
    { afterReboot },
    { real: [outcome(), second], twins: [outcome(), { ...second, journal: [1] }] },
    { twin: 'differs' },
  ],
  ['elsewhere', { init: 'systemd', peer: 'os-brick' }, { real: [outcome()], twins: [] }, { where: 'under systemd, beside os-brick' }],
])('%s', (_, more, played, expected) => {
  expect(rowOf({ ...scenario, ...more }, played)).toMatchObject({ scenario: 'reboot', title: 'a reboot', ...expected })
})
