import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import ts from 'typescript'
import { describe, expect, test } from 'vitest'

import { type ErrorCode, errorCodes, errorTable } from '../../lib/index.js'
import { documentedDetails } from '../world/fake/checked-failures.js'

const ROOT = resolve(import.meta.dirname, '../..')
const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

const linksOf = (text: string) =>
  [...text.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? '').filter((link) => !/^https?:/.test(link))

const { files: listed } = JSON.parse(read('package.json')) as { readonly files: readonly string[] }
const isWithin = (file: string, entry: string) => file === entry || file.startsWith(`${entry}/`)
/** Whether npm packs the file. It packs README and LICENSE of itself. */
function isPacked(file: string): boolean {
  if (['README.md', 'LICENSE'].includes(file)) return true
  return listed.some((entry) => isWithin(file, entry)) && !listed.some((entry) => entry.startsWith('!') && isWithin(file, entry.slice(1)))
}
function linksOutOfPackage(file: string, text: string): string[] {
  return linksOf(text).filter((link) => !link.startsWith('#') && !isPacked(join(dirname(file), link.split('#')[0] ?? '')))
}

/** The anchors of a document's headings, as GitHub derives them from the text. */
function anchors(file: string): string[] {
  const text = read(file).replace(/^```.*?^```$/gms, '')
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Examples as modules beside the documents, in memory: the first example of `README.md` is `README.md.example-1.ts`. */
function examples(): Map<string, string> {
  const found = documents.flatMap((file) =>
    [...read(file).matchAll(/^```ts\n(.*?)^```$/gms)].map(
      (match, index) => [join(ROOT, `${file}.example-${index + 1}.ts`), match[1] ?? ''] as const,
    ),
  )
  return new Map(found)
}

function complaints(modules: ReadonlyMap<string, string>): string[] {
  const config = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (file) => ts.sys.readFile(file)).config as { compilerOptions: object }
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...config.compilerOptions,
      noEmit: true,
      paths: { 'brickwork-storage': ['./lib/index.ts'], 'brickwork-storage/testing': ['./lib/testing/index.ts'] },
    },
    ROOT,
  )
  const disk = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...disk,
    readFile: (file) => modules.get(file) ?? disk.readFile(file),
    fileExists: (file) => modules.has(file) || disk.fileExists(file),
    getSourceFile: (file, version, ...rest) => {
      const text = modules.get(file)
      return text === undefined ? disk.getSourceFile(file, version, ...rest) : ts.createSourceFile(file, text, version)
    },
  }
  const program = ts.createProgram([...modules.keys()], options, host)
  return [...modules.keys()].flatMap((file) => {
    const source = program.getSourceFile(file)
    const all = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    return all.map(({ messageText, start }) => {
      const line = (modules.get(file) ?? '').slice(0, start ?? 0).split('\n').length
      return `${file.slice(ROOT.length + 1)}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    })
  })
}

describe('documents', () => {
  test('their TypeScript examples compile against the library', () => {
    const modules = examples()
    expect(modules.size).toBeGreaterThan(4)
    expect(complaints(modules)).toEqual([])
  })

  test('the check of examples finds a mistake', () => {
    const wrong = "import { createAttacher } from 'brickwork-storage'\nexport const attached = (await createAttacher()).attatch('x')\n"
    expect(complaints(new Map([[join(ROOT, 'wrong.ts'), wrong]]))).toEqual([expect.stringMatching(/^wrong\.ts:2 .*attatch/)])
  })

  test.each(documents)('%s links to files and headings that are there', (file) => {
    const links = linksOf(read(file))
    const isDead = (link: string) => {
      const [path = '', heading] = link.split('#')
      const target = path === '' ? file : join(dirname(file), path)
      return !existsSync(join(ROOT, target)) || (heading !== undefined && target.endsWith('.md') && !anchors(target).includes(heading))
    }
    expect(links.filter(isDead)).toEqual([])
  })

  test('those of the package are the manual, without the pages for contributors', () => {
    const packed = documents.filter(isPacked)
    expect(packed).toEqual(expect.arrayContaining(['README.md', 'SECURITY.md', 'CHANGELOG.md', 'docs/errors.md']))
    expect(packed.filter((file) => /^(CONTRIBUTING|docs\/(evidence|decisions|adding-a-transport))/.test(file))).toEqual([])
  })
  test.each(documents.filter(isPacked))('%s links only to what is in the package', (file) => {
    expect(linksOutOfPackage(file, read(file))).toEqual([])
  })
  test('the check of links finds one that leads out of the package', () => {
    const text = `[a](errors.md#x) [b](decisions/a.md) [c](../lib/index.ts) [d](#x) [e](https://example.org)`
    expect(linksOutOfPackage('docs/state.md', text)).toEqual(['decisions/a.md', '../lib/index.ts'])
  })

  test('README links to every page of the manual', () => {
    const pages = documents.filter((file) => /^docs\/[^/]+$/.test(file) && isPacked(file))
    expect(pages.filter((page) => !read('README.md').includes(`](${page})`))).toEqual([])
  })
})

describe('docs/errors.md', () => {
  const rows = [...read('docs/errors.md').matchAll(/^\| `ERR_\w+` \|.*\| `[A-Z_]+` \|$/gm)].map(([row]) => row)
  const rowOf = (code: ErrorCode) => {
    const { meaning, advice, retryable, sideEffects, grpc } = errorTable[code]
    return `| \`${code}\` | ${meaning} | ${advice} | ${retryable ? 'yes' : 'no'} | ${sideEffects.join(', ')} | \`${grpc}\` |`
  }

  test('has the table of the library: every code in its order, and no other', () => {
    expect(rows).toEqual(errorCodes.map(rowOf))
  })
  test('says the exit codes of the command line', () => {
    expect(errorCodes.filter((code) => errorTable[code].exitCode === 2)).toEqual(['ERR_INVALID_ARGUMENT'])
    expect(read('docs/errors.md').replaceAll('\n', ' ')).toContain('exits with 2 after `ERR_INVALID_ARGUMENT`, with 75 ')
  })
})

/** The fields of the details of each code, by the types. */
function typedDetails(): Map<string, string[]> {
  const file = join(ROOT, 'lib/core/error-details/details.ts')
  const program = ts.createProgram([file], { strict: true, noEmit: true, module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023 })
  const source = program.getSourceFile(file)
  const alias = source?.statements.filter(ts.isTypeAliasDeclaration).find(({ name }) => name.text === 'ErrorDetails')
  if (source === undefined || alias === undefined) return new Map()
  const checker = program.getTypeChecker()
  const fields = checker.getTypeAtLocation(alias).getProperties()
  const namesOf = (code: ts.Symbol) =>
    checker
      .getTypeOfSymbolAtLocation(code, source)
      .getProperties()
      .map(({ name }) => name)
      .filter((name) => !['undo', 'pending'].includes(name))
  return new Map(fields.map((code) => [code.name, namesOf(code).sort()]))
}
test('docs/errors.md names the details of each code, as their types do', () => {
  const documented = documentedDetails(read('docs/errors.md'))
  expect([...documented.keys()]).toEqual(['every code', ...errorCodes])
  const typed = typedDetails()
  for (const code of errorCodes)
    expect({ code, fields: [...(documented.get(code) ?? [])].sort() }).toEqual({ code, fields: typed.get(code) })
})
