/**
 * Checks of the library's own files. A shape returns where a value first differs from it (`objects.0.origin`), and `undefined` when it fits.
 * Fields that a shape doesn't name may have any value.
 */
export type Shape = (value: unknown, at: string) => string | undefined

const fits = (isRight: (value: unknown) => boolean): Shape => {
  return (value, at) => (isRight(value) ? undefined : at)
}
export const text = fits((value) => typeof value === 'string')
export const number = fits((value) => typeof value === 'number' && Number.isFinite(value))
export const boolean = fits((value) => typeof value === 'boolean')
export const anything = fits(() => true)
export const whole = (least: number): Shape => fits((value) => Number.isSafeInteger(value) && (value as number) >= least)
export const oneOf = (...all: readonly unknown[]): Shape => fits((value) => all.includes(value))

/** JSON has no `undefined`: a field with it is not written. */
export function optional(shape: Shape): Shape {
  return (value, at) => (value === undefined ? undefined : shape(value, at))
}
export function nullable(shape: Shape): Shape {
  return (value, at) => (value === null ? undefined : shape(value, at))
}
/** A value of one of these shapes. */
export function either(...shapes: readonly Shape[]): Shape {
  return (value, at) => (shapes.some((shape) => shape(value, at) === undefined) ? undefined : at)
}
export function listOf(shape: Shape): Shape {
  return (value, at) => {
    if (!Array.isArray(value)) return at
    for (let index = 0; index < value.length; index++) {
      const wrong = shape(value[index], inside(at, String(index)))
      if (wrong !== undefined) return wrong
    }
    return undefined
  }
}
/** An object whose fields have any names. */
export function recordOf(shape: Shape): Shape {
  return (value, at) => {
    if (!isObject(value)) return at
    for (const name of Object.keys(value)) {
      const wrong = shape(value[name], inside(at, name))
      if (wrong !== undefined) return wrong
    }
    return undefined
  }
}
/** An object with these fields. */
export function object(fields: Readonly<Record<string, Shape>>): Shape {
  const all = Object.entries(fields)
  return (value, at) => {
    if (!isObject(value)) return at
    for (const [name, shape] of all) {
      const wrong = shape(value[name], inside(at, name))
      if (wrong !== undefined) return wrong
    }
    return undefined
  }
}

const inside = (at: string, name: string): string => (at === '' ? name : `${at}.${name}`)
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
