import type { Tree } from '../../core/tree.js'

/** The children of a directory in this tree, found by the names on the way to it. */
export function below(tree: Tree, ...names: readonly string[]): readonly Tree[] {
  let here: Tree | undefined = tree
  for (const name of names) here = here?.child(name)
  return here?.children() ?? []
}

/** The value of an attribute, if it has one. Drivers write `(null)` for missing values, and leave spaces after others. */
export function word(tree: Tree | undefined, attribute: string): string | undefined {
  const text = tree?.text(attribute)?.trim()
  return text === undefined || text === '' || text === '(null)' ? undefined : text
}

/** Fields for those attributes that have a value. */
export function words<Field extends string>(tree: Tree, fields: Readonly<Record<Field, string>>): { readonly [K in Field]?: string } {
  const found: { [K in Field]?: string } = {}
  for (const [field, attribute] of Object.entries<string>(fields)) {
    const text = word(tree, attribute)
    if (text !== undefined) found[field as Field] = text
  }
  return found
}

/** Fields for those attributes that are numbers. */
export function numbers<Field extends string>(tree: Tree, fields: Readonly<Record<Field, string>>): { readonly [K in Field]?: number } {
  const found: { [K in Field]?: number } = {}
  for (const [field, attribute] of Object.entries<string>(fields)) {
    const text = word(tree, attribute)
    if (text !== undefined && /^-?[0-9]+$/.test(text)) found[field as Field] = Number(text)
  }
  return found
}
/** Fields for those attributes that are 0 or 1. */
export function switches<Field extends string>(tree: Tree, fields: Readonly<Record<Field, string>>): { readonly [K in Field]?: boolean } {
  const found: { [K in Field]?: boolean } = {}
  for (const [field, attribute] of Object.entries<string>(fields)) {
    const text = word(tree, attribute)
    if (text === '0' || text === '1') found[field as Field] = text === '1'
  }
  return found
}

/** The last name of a link or a path. */
export function lastName(path: string | undefined): string | undefined {
  return path?.slice(path.lastIndexOf('/') + 1)
}

/** SCSI targets directly below: `target3:0:0` → `3:0:0` */
export function targetsOf(tree: Tree): string[] {
  return tree.children('target*').map(({ name }) => name.replace(/^target/, ''))
}
