/** The table of docs/doctor.md is that of the code. `DOCTOR_TABLE=write` writes it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createConnectors } from '../../../lib/connectors/index.js'
import { allChecks } from '../../../lib/doctor/all-checks.js'

const PAGE = join(import.meta.dirname, '../../../docs/doctor.md')
const WHEN = { deep: 'with `deep`', connection: 'with `connection`', login: 'with `login`' } as const

async function table(): Promise<string> {
  const rows = allChecks(await createConnectors()).map(
    ({ id, title, reads, only }) => `| \`${id}\` | ${title} | ${reads}${only === undefined ? '' : ` (only ${WHEN[only]})`} |`,
  )
  return ['| check | it is `ok` when | it looks at |', '| --- | --- | --- |', ...rows].join('\n')
}

test('the page has a row for each check', async () => {
  const page = readFileSync(PAGE, 'utf8')
  const [before = ''] = page.split(/^(?:\| check \||CHECKS$)/m)
  const written = `${before}${await table()}\n`
  if (process.env['DOCTOR_TABLE'] === 'write') writeFileSync(PAGE, written)
  else expect(page).toBe(written)
})
