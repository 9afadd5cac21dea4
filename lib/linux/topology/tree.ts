import type { Tree } from '../../core/tree.js'

/** What is below a directory of this tree, by the names on the way to it. */
export function below(tree: Tree, ...names: readonly string[]): readonly Tree[] {
  let here: Tree | undefined = tree
  for (const name of names) here = here?.child(name)
  return here?.children() ?? []
}

/** An attribute that says something: drivers write `(null)` for what they have not, and leave space behind what they have. */
export function word(tree: Tree | undefined, attribute: string): string | undefined {
  const text = tree?.text(attribute)?.trim()
  return text === undefined || text === '' || text === '(null)' ? undefined : text
}

/** Fields of those attributes that say something. */
export function words<Field extends string>(tree: Tree, fields: Readonly<Record<Field, string>>): { readonly [K in Field]?: string } {
  const found: { [K in Field]?: string } = {}
  for (const [field, attribute] of Object.entries<string>(fields)) {
    const text = word(tree, attribute)
    if (text !== undefined) found[field as Field] = text
  }
  return found
}

/** The last name of a link or a path. */
export function lastName(path: string | undefined): string | undefined {
  return path?.slice(path.lastIndexOf('/') + 1)
}

/** SCSI targets right below: `target3:0:0` → `3:0:0` */
export function targetsOf(tree: Tree): string[] {
  return tree.children('target*').map(({ name }) => name.replace(/^target/, ''))
}
