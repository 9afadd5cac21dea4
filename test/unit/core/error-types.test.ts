/** What a program may rely on once it knows the code of an error: checked by the compiler. */
import { expect, expectTypeOf, test } from 'vitest'
import type {
  AttachedPath,
  Attacher,
  Attempt,
  Holder,
  Inspection,
  Overridden,
  ResizedLayer,
  StepName,
  StepTiming,
} from '../../../lib/index.js'
import { BrickworkError, type DetailsOf, type ErrorCode, errorCodes, isBrickworkError } from '../../../lib/index.js'

const held: unknown = new BrickworkError('ERR_HELD', 'in use', {
  details: { device: '/dev/sda', holders: [{ kind: 'mount', where: '/mnt' }], unseen: [] },
})

test('a code that is asked for narrows code and details', () => {
  if (!isBrickworkError(held, 'ERR_HELD')) return expect.unreachable('it is ERR_HELD')
  expectTypeOf(held.code).toEqualTypeOf<'ERR_HELD'>()
  expectTypeOf(held.details.holders).toEqualTypeOf<readonly Holder[]>()
  expectTypeOf(held.step).toEqualTypeOf<StepName | undefined>()
  expect(held.details.holders[0]?.where).toBe('/mnt')
})

test('so does a comparison of the code', () => {
  if (!isBrickworkError(held)) return expect.unreachable('it is an error of the library')
  expectTypeOf(held.code).toEqualTypeOf<ErrorCode>()
  if (held.code === 'ERR_RESIZE_NOT_CONVERGED') expectTypeOf(held.details.layers).toEqualTypeOf<readonly ResizedLayer[]>()
  if (held.code === 'ERR_KERNEL') expectTypeOf(held.details.errno).toEqualTypeOf<string | undefined>()
  if (held.code === 'ERR_DETACH_INCOMPLETE') expectTypeOf(held.details.report.outcome).toEqualTypeOf<'partial'>()
  if (held.code === 'ERR_HELD') expect(held.details.device).toBe('/dev/sda')
})

test('instanceof narrows in the same way', () => {
  if (!(held instanceof BrickworkError)) return expect.unreachable('it is an error of the library')
  expectTypeOf(held.code).toEqualTypeOf<ErrorCode>()
  if (held.code === 'ERR_HELD') expectTypeOf(held.details.unseen).toEqualTypeOf<readonly string[]>()
})

test('every code has a type of details, and an error of it is an error of any code', () => {
  expectTypeOf<DetailsOf<ErrorCode>>().toExtend<Readonly<Record<string, unknown>>>()
  expectTypeOf<BrickworkError<'ERR_HELD'>>().toExtend<BrickworkError>()
  expect(errorCodes).toContain('ERR_HELD')
})

test('details that a code does not have are refused by the compiler', () => {
  // @ts-expect-error ERR_HELD always has its holders
  const without = new BrickworkError('ERR_HELD', 'in use')
  // @ts-expect-error sizes are numbers
  const wrong = new BrickworkError('ERR_UNSUPPORTED', 'shrunk', { details: { beforeBytes: '1' } })
  // @ts-expect-error no step has this name
  const nowhere = new BrickworkError('ERR_BUSY', 'busy', { step: 'somewhere' })
  expect([without.code, wrong.code, nowhere.code]).toEqual(['ERR_HELD', 'ERR_UNSUPPORTED', 'ERR_BUSY'])
})

test('steps and states are unions, not text', () => {
  expectTypeOf<Attempt['step']>().toEqualTypeOf<StepName>()
  expectTypeOf<StepTiming['step']>().toEqualTypeOf<StepName>()
  expectTypeOf<Overridden['step']>().toEqualTypeOf<StepName>()
  expectTypeOf<'running'>().toExtend<AttachedPath['state']>()
  expectTypeOf<string>().not.toExtend<AttachedPath['state']>()
  expectTypeOf<string>().not.toExtend<NonNullable<AttachedPath['accessState']>>()
  expectTypeOf<string>().not.toExtend<Inspection['protocol']>()
})

test('what inspect() returns names an attachment, and does not pretend to have secrets', () => {
  expectTypeOf<Pick<Inspection, 'connection'>>().toExtend<Parameters<Attacher['detach']>[0]>()
  expectTypeOf<Inspection['connection']>().not.toExtend<Parameters<Attacher['attach']>[0]['connection']>()
})
