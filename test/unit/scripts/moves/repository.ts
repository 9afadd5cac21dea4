/** A small Git repository for moving files, with this repository's scripts and formatter settings. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../../../..')

export class Repository {
  readonly #folder = mkdtempSync(join(tmpdir(), 'brickwork-repository-'))

  constructor(files: Readonly<Record<string, string>>) {
    this.git('init', '--quiet', '--initial-branch=main')
    this.write({ 'biome.json': readFileSync(join(ROOT, 'biome.json'), 'utf8'), ...files })
    this.commit()
  }

  git(...words: readonly string[]): string {
    const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false']
    return execFileSync('git', [...author, ...words], { cwd: this.#folder, encoding: 'utf8', stdio: 'pipe' })
  }
  commit(): void {
    this.git('add', '--all')
    this.git('commit', '--quiet', '--message=state')
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.#folder, path)), { recursive: true })
      writeFileSync(join(this.#folder, path), text)
    }
  }
  read(path: string): string {
    return readFileSync(join(this.#folder, path), 'utf8')
  }
  edit(path: string, before: string, after: string): void {
    this.write({ [path]: this.read(path).replaceAll(before, after) })
  }
  get files(): readonly string[] {
    return this.git('ls-files').trimEnd().split('\n')
  }

  /** npm run moves */
  moves(...words: readonly string[]): { readonly exitCode: number | null; readonly said: string } {
    const argv = [join(ROOT, 'scripts/moves.mjs'), ...words]
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { cwd: this.#folder, encoding: 'utf8' })
    return { exitCode: status, said: stdout + stderr }
  }
  /** Moves files by a table, which stays in the repository like a real table. */
  apply(files: Readonly<Record<string, string>>): ReturnType<Repository['moves']> {
    this.write({ 'scripts/moves/table.json': JSON.stringify({ files }) })
    return this.moves('apply', 'scripts/moves/table.json')
  }
  applies(patch: string): boolean {
    return spawnSync('git', ['apply', '--check', patch], { cwd: this.#folder }).status === 0
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
